/**
 * Asking an older login of the same person to give its port up, and knowing such a request from a stranger's.
 *
 * The secret lies in the data folder and never travels: whoever else holds the port learns a proof that is good for
 * this port and a few seconds.
 *
 * @module
 */
import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KeyfobError } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import { privateFolder, writePrivateFile } from "../private_file.ts";
import { isSameSecret } from "./same_secret.ts";

/** Where an older login takes the request. */
export const STEP_ASIDE_PATH = "/keyfob/step-aside";

const TIME_HEADER = "keyfob-time";
const PROOF_HEADER = "keyfob-proof";

/** Milliseconds a proof is good for; both clocks are the same machine's. */
const PROOF_LIFETIME = 10_000;
/** Milliseconds a login that is ours takes to answer at most; a stranger may never. */
const ANSWER_DEADLINE = 1500;

/** Whether `request` is from a login that can read our data folder. Browsers always send `Origin` with a POST. */
export async function isStepAsideRequest(
  request: Request,
  { folder, port }: { readonly folder: string; readonly port: number },
): Promise<boolean> {
  const time = request.headers.get(TIME_HEADER) ?? "";
  const proof = request.headers.get(PROOF_HEADER) ?? "";
  if (request.headers.has("Origin") || !/^\d{1,15}$/.test(time)) return false;
  if (Math.abs(Date.now() - Number(time)) > PROOF_LIFETIME) return false;
  const secret = await readFile(secretFile(folder), "utf8").catch(() => undefined);
  return secret !== undefined && isSameSecret(proof, proofOf(secret, port, time));
}

/** Asks whoever listens on `port` to step aside; true where it is ours and did. */
export async function askToStepAside(
  port: number,
  { folder, fetch, host }: { readonly folder: string; readonly fetch: GuardedFetch; readonly host: string },
): Promise<boolean> {
  const secret = await readOrMakeSecret(folder).catch(() => undefined);
  if (secret === undefined) return false;
  const time = String(Date.now());
  try {
    const { status } = await fetch({
      url: new URL(`http://${host}:${port}${STEP_ASIDE_PATH}`),
      method: "POST",
      headers: { [TIME_HEADER]: time, [PROOF_HEADER]: proofOf(secret, port, time) },
      deadline: new Date(Date.now() + ANSWER_DEADLINE),
    });
    return status === 204;
  } catch (failure) {
    if (failure instanceof KeyfobError) return false;
    throw failure;
  }
}

function proofOf(secret: string, port: number, time: string): string {
  return createHmac("sha256", secret).update(`step aside ${port} ${time}`).digest("base64url");
}

async function readOrMakeSecret(folder: string): Promise<string> {
  const known = await readFile(secretFile(folder), "utf8").catch(() => "");
  if (known !== "") return known;
  await privateFolder(folder);
  await writePrivateFile(secretFile(folder), randomBytes(32).toString("base64url"));
  return readFile(secretFile(folder), "utf8");
}

function secretFile(folder: string): string {
  return join(folder, "step-aside");
}
