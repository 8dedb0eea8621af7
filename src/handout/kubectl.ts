/**
 * kubectl's exec credential plugins (client.authentication.k8s.io/v1).
 *
 * @module
 */
import { freshIdToken } from "../accounts/id_token.ts";
import { originOf } from "../accounts/resource_origin.ts";
import type { Services } from "../accounts/services.ts";
import { freshToken, type TokenRequest } from "../accounts/token.ts";
import { Refused, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { timestamp } from "../timestamp.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { printableToken } from "./plain_text.ts";
import { readHolder } from "./resource.ts";

/** What is asked for. */
export interface KubectlRequest {
  readonly name: AccountName;
  /** `KUBERNETES_EXEC_INFO`, where kubectl gives it. */
  readonly execInfo: string | undefined;
  /** The id_token in place of the access token: clusters with OpenID Connect of their own want it. */
  readonly wantsIdToken: boolean;
  readonly signal: AbortSignal;
}

/** Seconds a token must still work: kubectl keeps it, and asks again only when it is over. */
const MIN_VALID_SECONDS = 60;

const CURRENT_VERSION = "client.authentication.k8s.io/v1";
const VERSIONS: readonly string[] = [CURRENT_VERSION, "client.authentication.k8s.io/v1beta1"];

/**
 * An ExecCredential with the token.
 *
 * @throws {Refused} `foreign_cluster` where the cluster is not among the account's `resources`
 * @throws {UsageError} `bad_exec_info`
 * @throws what getting a token throws
 */
export async function answerKubectl(services: Services, request: KubectlRequest): Promise<object> {
  const { apiVersion, server } = readExecInfo(request.execInfo);
  if (server !== undefined) await refuseForeignCluster(services, request.name, server);
  const { token, expiresAt } = await credential(services, request);
  const end = expiresAt === undefined ? {} : { expirationTimestamp: timestamp(expiresAt) };
  const status = { token: printableToken(token), ...end };
  return { apiVersion, kind: "ExecCredential", status };
}

async function credential(
  services: Services,
  { name, wantsIdToken, signal }: KubectlRequest,
): Promise<{ token: string; expiresAt: Date | undefined }> {
  const asked: TokenRequest = { name, minValidSeconds: MIN_VALID_SECONDS, isMinValidAsked: false, signal };
  if (wantsIdToken) {
    const { idToken, expiresAt } = await freshIdToken(services, asked);
    return { token: idToken, expiresAt };
  }
  const { tokens, warning } = await freshToken(services, asked);
  if (warning !== undefined) services.notice(warning);
  return { token: tokens.accessToken, expiresAt: tokens.expiresAt };
}

/** kubectl names the cluster only where the kubeconfig says `provideClusterInfo: true`. */
function readExecInfo(text: string | undefined): { apiVersion: string; server: string | undefined } {
  if (text === undefined || text === "") return { apiVersion: CURRENT_VERSION, server: undefined };
  const info = parseObject(text);
  const { apiVersion } = info;
  if (typeof apiVersion !== "string" || !VERSIONS.includes(apiVersion)) {
    const said = typeof apiVersion === "string" ? `"${harmless(apiVersion, 80)}"` : "no version";
    throw badExecInfo(`it says ${said}, and keyfob speaks ${VERSIONS.join(" and ")}`);
  }
  const server = objectIn(objectIn(info, "spec"), "cluster")["server"];
  return { apiVersion, server: typeof server === "string" ? server : undefined };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectIn({ document: JSON.parse(text) as unknown }, "document");
  } catch {
    throw badExecInfo("it is not JSON");
  }
}

function objectIn(parent: Record<string, unknown>, name: string): Record<string, unknown> {
  const value = parent[name];
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function badExecInfo(why: string): UsageError {
  return new UsageError(`Cannot read KUBERNETES_EXEC_INFO: ${why}`, { code: "bad_exec_info" });
}

async function refuseForeignCluster(services: Services, name: AccountName, server: string): Promise<void> {
  const { origins } = await readHolder(services, name);
  const url = URL.parse(server);
  const origin = url === null ? undefined : originOf(url.origin);
  if (origin !== undefined && origins.includes(origin)) return;
  const account = formatAccountName(name);
  throw new Refused(
    `Cannot give the token of "${account}" to "${harmless(server, 200)}": it is not for there`,
    {
      code: "foreign_cluster",
      hint: `declare it in config.json: "accounts": {"${account}": {"resources": ["${origin ?? "https://…"}"]}}`,
    },
  );
}
