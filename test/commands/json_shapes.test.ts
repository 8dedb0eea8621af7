/**
 * What programs read of keyfob: exactly these fields.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { configDocument, errorFields, time, tokenDocument } from "../../src/commands/json.ts";
import { Failed } from "../../src/errors.ts";
import { entryAt, sessionAt } from "../accounts/fixtures.ts";
import { type Commands, createCommands } from "./fixtures.ts";

const ORIGIN = "http://127.0.0.1:9";
const WORK = { provider: "acme", label: "work" };
const session = sessionAt(ORIGIN, 3600);
const expiresAt = session.tokens.expiresAt ?? new Date(0);

let commands: Commands;
beforeAll(async () => {
  commands = await createCommands({ acme: { ...entryAt(ORIGIN), client_secret: "s3cret", name: "Acme" } });
  await commands.save(WORK, { ...session, tokens: { ...session.tokens, scope: ["a", "b"] } });
});
afterAll(() => commands[Symbol.asyncDispose]());

async function documentOf(...argv: readonly string[]): Promise<unknown> {
  const { data, failure } = await commands.run(...argv);
  expect(failure).toBeUndefined();
  expect(data.endsWith("}\n") || data.endsWith("]\n")).toBe(true);
  expect(data.trimEnd()).not.toContain("\n");
  return JSON.parse(data);
}

test("token --json", async () => {
  expect(await documentOf("token", "acme/work", "--json")).toEqual({
    provider: "acme",
    account: "work",
    access_token: "stored-access",
    token_type: "Bearer",
    expires_at: expiresAt.toISOString().replace(/\.\d+/, ""),
    scope: ["a", "b"],
  });
});

test("token --format config: milliseconds, and never the refresh token", async () => {
  const document = await documentOf("token", "acme/work", "--format", "config");
  const entry = {
    oauth_token: "stored-access",
    token_type: "oauth",
    expires_at: expiresAt.getTime(),
    account: "work",
  };
  expect(document).toEqual({ providers: { acme: entry } });
});

test("token alone and --header are one line of text", async () => {
  expect((await commands.run("token", "acme/work")).data).toBe("stored-access\n");
  expect((await commands.run("token")).data).toBe("stored-access\n");
  expect((await commands.run("token", "acme/work", "--header")).data).toBe(
    "Authorization: Bearer stored-access\n",
  );
});

test("status --json", async () => {
  expect(await documentOf("status", "--json")).toEqual([
    {
      provider: "acme",
      account: "work",
      subject: "1",
      display: "alice",
      expires_at: time(expiresAt),
      refreshable: true,
      scope: ["a", "b"],
      state: "alive",
      last_refresh: null,
      last_error: null,
    },
  ]);
});

test("providers list --json", async () => {
  const all = await documentOf("providers", "list", "--json");
  expect(all).toContainEqual({ id: "acme", name: "Acme", layer: "user", tier: "unverified", ready: true });
  for (const one of all as object[])
    expect(Object.keys(one)).toEqual(["id", "name", "layer", "tier", "ready"]);
  expect(await documentOf("providers", "list", "ACM", "--json")).toHaveLength(1);
  expect(await documentOf("providers", "list", "no-such-provider", "--json")).toEqual([]);
});

test("providers show --json: the entry as it resolves, without its secret", async () => {
  const shown = await documentOf("providers", "show", "acme", "--json");
  expect(shown).toMatchObject({
    id: "acme",
    client_id: "client",
    client_secret: "***",
    token_endpoint: `${ORIGIN}/token`,
  });
  expect(JSON.stringify(shown)).not.toContain("s3cret");
});

test("providers check --json: an empty list where nothing is wrong, else every problem with its place", async () => {
  expect(await documentOf("providers", "check", "--json")).toEqual([]);
  await using broken = await createCommands({ acme: { token_endpoin: "https://id.example" } });
  const { failure } = await broken.run("providers", "check", "--json");
  expect(failure).toMatchObject({ exitStatus: 2, code: "registry_problems" });
  expect(failure?.details["problems"]).toContainEqual(
    expect.objectContaining({
      line: 1,
      pointer: expect.stringContaining("acme"),
      message: expect.any(String),
    }),
  );
});

test("providers path --json and providers schema", async () => {
  const { path } = (await documentOf("providers", "path", "--json")) as { path: string };
  expect((await commands.run("providers", "path")).data).toBe(`${path}\n`);
  const schema = JSON.parse((await commands.run("providers", "schema")).data) as { $schema: string };
  expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
});

test("logout --json", async () => {
  await using own = await createCommands({ acme: entryAt(ORIGIN) });
  await own.save(WORK, session);
  const { data } = await own.run("logout", "acme/work", "--local", "--json");
  expect(JSON.parse(data)).toEqual([
    { provider: "acme", account: "work", forgotten: true, revoked: null, reason: null },
  ]);
});

test("a failure is code, message and hint, the hint null where there is none, and what programs can use", () => {
  expect(errorFields(new Failed("Cannot x", { code: "y" }))).toEqual({
    code: "y",
    message: "Cannot x",
    hint: null,
  });
  const detailed = new Failed("Cannot x", { hint: "z", details: { problems: [] } });
  expect(errorFields(detailed)).toEqual({ code: "failed", message: "Cannot x", hint: "z", problems: [] });
});

test("a token without an end has null for its end in both documents", () => {
  const handed = { name: WORK, tokens: { accessToken: "a", tokenType: "Bearer", scope: [] } };
  expect(tokenDocument(handed)).toMatchObject({ expires_at: null });
  expect(configDocument(handed)).toMatchObject({ providers: { acme: { expires_at: null } } });
});

test("times are RFC 3339 in UTC with whole seconds", () => {
  expect(time(new Date("2026-01-02T03:04:05.678Z"))).toBe("2026-01-02T03:04:05Z");
  expect(time(null)).toBeNull();
  expect(time(undefined)).toBeNull();
});
