/**
 * Nothing in a parcel reaches into the machine that takes it in.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Session } from "../../src/vault/account.ts";
import { seal } from "../../src/vault/parcel.ts";
import { logIn, publicEntry } from "../drivers/login.ts";
import { good, logInToCompany, type Move, startCompany, startMove, writeSecret } from "../drivers/moving.ts";
import { POST_CLIENT } from "../servers/oidc.ts";
import { AUTHORITY_FILE, PRIVATE_NAME } from "../servers/private_authority.ts";

const TOKENS = { accessToken: "a", tokenType: "Bearer", refreshToken: "of-a-stranger", scope: [] };

let move: Move;

beforeEach(async () => {
  move = await startMove();
});

afterEach(() => move[Symbol.asyncDispose]());

/** A parcel for the vps as no keyfob makes it. */
async function forged(session: Partial<Session>, more: object = {}): Promise<string> {
  const whole: Session = {
    tokens: TOKENS,
    subject: null,
    display: null,
    client: { clientId: POST_CLIENT.id, authMethod: "client_secret_post", origins: [move.server.issuer] },
    choices: {},
    kept: {},
    ...session,
  };
  const name = { provider: "acme", label: "default" };
  const facts = { id: crypto.randomUUID(), receipt: "1", isCopy: false, packedAt: new Date(), words: {} };
  return seal({ name, session: whole, ...facts, ...more }, await move.key());
}

describe("a parcel made by a stranger who knows our public key", () => {
  test("runs no command, and reads no file and no variable of this machine", async () => {
    const ran = join(move.vps.folder, "ran");
    move.vps.environment["PRIVATE"] = "of this machine";
    await move.vps.writeRegistry({ acme: move.secretEntry() });
    const sources = [
      { command: ["/usr/bin/touch", ran] },
      { file: await writeSecret(move.vps) },
      { env: "PRIVATE" },
    ];
    for (const clientSecret of sources) {
      const refused = await move.refusal(await forged({ choices: { clientSecret } }));
      expect(refused.code).toBe("no_secret");
    }
    await move.vps.writeRegistry({ acme: move.secretEntry({ client_secret_use: "optional" }) });
    const client = { clientId: POST_CLIENT.id, authMethod: "none", origins: [move.server.issuer] };
    for (const clientSecret of sources) {
      await good(move.unpack(await forged({ client, choices: { clientSecret } })));
      expect((await move.vps.run(["refresh", "acme"])).status).not.toBe(0);
      await good(move.vps.run(["logout", "acme", "--local"]));
    }
    expect(await Bun.file(ran).exists()).toBe(false);
    expect(new Set(move.sentSecrets())).toEqual(new Set([undefined]));
  });

  test("leads no secret of this machine to a host that it chooses, as the owner of the secret may", async () => {
    const variables = { host: { prompt: "Host" } };
    const client = {
      client_id: "c",
      client_secret: { env: "COMPANY_SECRET" },
      client_secret_use: "required",
    };
    await using place = await startCompany(move, { ...client, variables }, "https://{host}");
    Object.assign(move.vps.environment, { COMPANY_SECRET: "of this machine", SSL_CERT_FILE: AUTHORITY_FILE });
    const name = { provider: "company", label: "default" };
    const choices = { set: { host: PRIVATE_NAME } };
    const bound = { clientId: "c", origins: [`https://${PRIVATE_NAME}`] };
    const posting = await forged(
      { choices, client: { ...bound, authMethod: "client_secret_post" } },
      { name },
    );
    expect((await move.refusal(posting)).code).toBe("no_secret");
    const open = await forged({ choices, client: { ...bound, authMethod: "none" } }, { name });
    await good(move.unpack(open));
    expect((await move.vps.run(["refresh", "company"])).status).toBe(2);
    expect(place.http.seen).toEqual([]);
    await good(logInToCompany(move.vps, ["--set", `host=${PRIVATE_NAME}`], "company/own"));
    await good(move.vps.run(["refresh", "company/own"]));
    expect(place.http.seen).toEqual(["authorization_code", "refresh_token"]);
  });

  test("leads no fixed secret of a request to a host that it chooses, as the owner of the entry may", async () => {
    const variables = { host: { prompt: "Host" } };
    const token = { headers: { "X-Api-Key": "of this machine" } };
    await using place = await startCompany(move, { variables }, "https://{host}");
    move.vps.environment["SSL_CERT_FILE"] = AUTHORITY_FILE;
    const bound = { clientId: "c", authMethod: "none", origins: [`https://${PRIVATE_NAME}`] };
    const session = { choices: { set: { host: PRIVATE_NAME } }, client: bound };
    const parcel = (): Promise<string> =>
      forged(session, { name: { provider: "company", label: "default" } });
    await good(move.unpack(await parcel()));
    const origin = "https://{host}";
    const endpoints = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` };
    const company = { client_id: "c", scopes: ["read"], ...endpoints, variables, token };
    await move.vps.writeRegistry({ company });
    const { status, stderr } = await move.vps.run(["refresh", "company"]);
    expect(status).toBe(2);
    expect(stderr).toContain('the secret at "token.headers.X-Api-Key" of its entry');
    await good(move.vps.run(["logout", "company", "--local"]));
    expect((await move.refusal(await parcel())).code).toBe("credentials_withheld");
    expect(place.http.seen).toEqual([]);
    await good(logInToCompany(move.vps, ["--set", `host=${PRIVATE_NAME}`], "company/own"));
    await good(move.vps.run(["refresh", "company/own"]));
    expect(place.http.seen).toEqual(["authorization_code", "refresh_token"]);
  });

  test("has no certificate authority of its own between this machine's secret and the provider", async () => {
    move.vps.environment["ACME_SECRET"] = "of this machine";
    await move.vps.writeRegistry({
      acme: move.secretEntry({ client_id: POST_CLIENT.id, client_secret: { env: "ACME_SECRET" } }),
    });
    const authorities = await Bun.file(AUTHORITY_FILE).text();
    const refused = await move.refusal(await forged({ choices: { authorities } }));
    expect(refused.code).toBe("no_secret");
    expect(refused["hint"]).toContain("one of this machine may not go where another one says");
  });

  test("takes the place of no secret that this machine keeps", async () => {
    await move.vps.writeRegistry({ acme: move.secretEntry() });
    const file = await writeSecret(move.vps);
    await good(
      move.vps.run(["providers", "add", "acme", "--client-id", POST_CLIENT.id, "--client-secret-file", file]),
    );
    await logIn(move.vps, ["acme/own"]);
    const kept = JSON.stringify({ secret: "wrong", binding: { origins: [move.server.issuer] } });
    await good(move.unpack(await forged({}, { clientSecret: kept })));
    await good(move.vps.run(["refresh", "acme/own"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test.each<[string, object]>([
    [
      "certificates that are none",
      { authorities: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
    ],
    ["a text that is no certificate", { authorities: "nothing" }],
    ["variables that are no texts", { set: { host: 1 } }],
    ["scopes that are none", { scopes: "all" }],
  ])("with %s is refused", async (_name, choices) => {
    await move.vps.writeRegistry({ acme: publicEntry(move.server) });
    expect((await move.refusal(await forged({ choices }))).code).toBe("bad_parcel");
  });
});

test.each<[string, Partial<Session>, object]>([
  ["an access token that writes to a terminal", { tokens: { ...TOKENS, accessToken: "a\u001b[2Jb" } }, {}],
  ["a token type that ends a header", { tokens: { ...TOKENS, tokenType: "Bearer\r\nX: y" } }, {}],
  ["a receipt that writes to a terminal", {}, { receipt: "\u001b]0;owned\u0007" }],
])("%s is no part of a parcel", async (_name, session, more) => {
  await move.vps.writeRegistry({ acme: publicEntry(move.server) });
  expect((await move.refusal(await forged(session, more))).code).toBe("bad_parcel");
});

test("a person's name in a parcel is one harmless line", async () => {
  await move.vps.writeRegistry({ acme: publicEntry(move.server) });
  const client = { clientId: POST_CLIENT.id, authMethod: "none", origins: [move.server.issuer] };
  const { stderr } = await good(
    move.unpack(await forged({ client, display: "mallory\n\u001b[2Jkeyfob: ok" })),
  );
  expect(stderr).toContain("Imported acme: mallory [2Jkeyfob: ok\n");
});

test("a parcel of the first version, whose secret the vault kept, is taken in as before", async () => {
  await move.vps.writeRegistry({ acme: move.secretEntry() });
  const kept = JSON.stringify({ secret: POST_CLIENT.secret, binding: { origins: [move.server.issuer] } });
  await good(move.unpack(await forged({}, { clientSecret: kept, words: undefined })));
  expect((await move.vps.run(["refresh", "acme"])).status).toBe(4);
  expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
});
