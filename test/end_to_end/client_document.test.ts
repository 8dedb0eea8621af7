/**
 * `--client-secret-file` with the JSON file that a provider offers for download.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { good, type Move, startMove } from "../drivers/moving.ts";
import { POST_CLIENT } from "../servers/oidc.ts";

let move: Move;
let file: string;

beforeEach(async () => {
  move = await startMove();
  file = join(move.laptop.folder, "client_secret_42.apps.example.JSON");
  await write({ installed: { client_id: POST_CLIENT.id, client_secret: POST_CLIENT.secret } });
  await Promise.all([move.laptop, move.vps].map((one) => one.writeRegistry({ acme: move.secretEntry() })));
});

afterEach(() => move[Symbol.asyncDispose]());

async function write(document: unknown): Promise<void> {
  await Bun.write(file, JSON.stringify(document), { mode: 0o600 });
}

/** Expects that a login with `args` is refused before anybody is sent to sign in. */
async function refusal(...args: string[]): Promise<Record<string, unknown>> {
  const flags = ["--client-secret-file", file, ...args, "--begin", "--json"];
  const { status, stdout } = await move.laptop.run(["login", "acme", ...flags]);
  expect(status).toBe(2);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("the client's JSON file at a login", () => {
  test("gives the secret that stands in it, to the refreshes too, which read it again", async () => {
    const client = ["--client-id", POST_CLIENT.id, "--client-secret-file", file];
    await logIn(move.laptop, ["acme", ...client]);
    await good(move.laptop.run(["refresh", "acme"]));
    await write({ web: { client_id: POST_CLIENT.id, client_secret: "changed" } });
    expect((await move.laptop.run(["refresh", "acme"])).status).toBe(2);
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret, "changed"]);
  });

  test("gives the client id too, where neither --client-id nor the entry has one", async () => {
    await logIn(move.laptop, ["acme", "--client-secret-file", file]);
    await good(move.laptop.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("agrees with the client of the entry, or is refused", async () => {
    await move.laptop.writeRegistry({ acme: move.secretEntry({ client_id: POST_CLIENT.id }) });
    await logIn(move.laptop, ["acme", "--client-secret-file", file]);
    await move.laptop.writeRegistry({ acme: move.secretEntry({ client_id: "another" }) });
    expect(await refusal()).toMatchObject({
      code: "other_client",
      message: expect.stringContaining(`"${POST_CLIENT.id}", and this login would be made with "another"`),
      hint: expect.stringContaining(`--client-id ${POST_CLIENT.id}`),
    });
  });

  test("agrees with --client-id, or is refused", async () => {
    expect((await refusal("--client-id", "another"))["code"]).toBe("other_client");
  });

  test.each<[unknown, string]>([
    [{ installed: { client_id: POST_CLIENT.id } }, "it holds no client_secret"],
    [{ type: "service_account" }, "it holds no client_id"],
    ["hush", "it is not a JSON object"],
  ])("without a client in it is refused: %j", async (document, reason) => {
    await write(document);
    const refused = await refusal("--client-id", POST_CLIENT.id);
    expect(refused).toMatchObject({ code: "client_file", message: expect.stringContaining(reason) });
    expect(JSON.stringify(refused)).not.toContain("hush");
  });

  test("that became another client's is not used by a refresh", async () => {
    await logIn(move.laptop, ["acme", "--client-secret-file", file]);
    await write({ installed: { client_id: "another", client_secret: "of another" } });
    const { status, stderr } = await move.laptop.run(["refresh", "acme"]);
    expect(status).toBe(2);
    expect(stderr).toContain(`is of the client "another" and not of "${POST_CLIENT.id}"`);
    expect(move.sentSecrets()).toEqual([]);
  });

  test("goes along to another machine as the bare secret", async () => {
    await logIn(move.laptop, ["acme", "--client-secret-file", file]);
    const { stdout } = await move.pack("acme");
    await rm(file);
    await good(move.unpack(stdout));
    await good(move.vps.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("may be what the registry names as the secret's file", async () => {
    const own = move.secretEntry({ client_id: POST_CLIENT.id, client_secret: { file } });
    await move.laptop.writeRegistry({ acme: own });
    await logIn(move.laptop, ["acme"]);
    await good(move.laptop.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });
});
