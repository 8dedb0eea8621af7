/**
 * Who is logged in, and who says so.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Grant } from "../../src/oauth/grant.ts";
import { identify } from "../../src/oauth/identity.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

let server: TestServer;
let told: Response;
beforeAll(() => void (server = serve(() => told.clone())));
beforeEach(() => void server.seen.splice(0));
afterAll(() => server[Symbol.asyncDispose]());

function who(entry: Entry, grant: Partial<Grant> = {}) {
  const tokens = { accessToken: "access-secret", tokenType: "Bearer", scope: [] };
  const whole: Grant = { tokens, claims: undefined, fields: {}, kept: {}, ...grant };
  return identify(contextFor(providerAt(server.origin, entry)), whole);
}

const userinfo = (): Entry => ({ userinfo_endpoint: `${server.origin}/me` });

test("the id_token's claims say it, and nobody is asked", async () => {
  const claims = { sub: "alice", email: "alice@example.test", name: "Alice" };
  expect(await who(userinfo(), { claims })).toEqual({ subject: "alice", display: "alice@example.test" });
  expect(server.seen).toEqual([]);
});

test("pointers choose the claims", async () => {
  const claims = { sub: "s", oid: "0001", names: { upn: "alice" } };
  const identity = { id_token: { subject: "/oid", label: ["/email", "/names/upn"] } };
  expect(await who({ identity }, { claims })).toEqual({ subject: "0001", display: "alice" });
});

test("pointers into the token answer say it where there are no claims", async () => {
  const identity = { token: { subject: "/authed_user/id", label: "/team/name" } };
  const fields = { authed_user: { id: 7 }, team: { name: "Team" } };
  expect(await who({ identity }, { fields })).toEqual({ subject: "7", display: "Team" });
});

test("without openid, fields of the token answer that nobody pointed at say nothing", async () => {
  expect(await who({}, { fields: { sub: "x", email: "y" } })).toEqual({ subject: null, display: null });
});

test("whoami says it, with the token in a header and numbers as text (STANDARDS 57)", async () => {
  told = Response.json({ id: 42, login: "alice" });
  const whoami: Entry["whoami"] = {
    endpoint: `${server.origin}/user`,
    response: { map: { subject: "/id", label: "/login" } },
  };
  expect(await who({ whoami })).toEqual({ subject: "42", display: "alice" });
  const [seen] = server.seen;
  expect(seen).toMatchObject({ method: "GET", text: "" });
  expect(seen?.headers.get("authorization")).toBe("Bearer access-secret");
  expect(seen?.url.href).toBe(`${server.origin}/user`);
});

test("whoami may be a POST that says ok: false", async () => {
  told = Response.json({ ok: false, error: "invalid_auth" });
  const response = { error: { at: "/ok", unless: true, code: "/error" }, map: { subject: "/user_id" } };
  const whoami: Entry["whoami"] = { endpoint: `${server.origin}/auth.test`, method: "POST", response };
  const failure = await failureOf(() => who({ whoami }));
  expect(failure).toMatchObject({ code: "whoami" });
  expect(failure.message).toContain("invalid_auth");
});

test("userinfo says it where there is no id_token", async () => {
  told = Response.json({ sub: "alice", preferred_username: "al" });
  expect(await who(userinfo())).toEqual({ subject: "alice", display: "al" });
});

test("userinfo adds a name to an id_token that has none", async () => {
  told = Response.json({ sub: "alice", name: "Alice" });
  expect(await who(userinfo(), { claims: { sub: "alice" } })).toEqual({ subject: "alice", display: "Alice" });
});

test.each([{ sub: "mallory", name: "M" }, { name: "nobody" }])(
  "userinfo of another sub is refused: %j (STANDARDS 62)",
  async (body) => {
    told = Response.json(body);
    expect(await failureOf(() => who(userinfo(), { claims: { sub: "alice" } }))).toMatchObject({
      code: "subject_mismatch",
    });
  },
);

test("userinfo is compared with the claim sub, also where another claim names the person (STANDARDS 62)", async () => {
  told = Response.json({ sub: "alice", name: "Alice" });
  const entry: Entry = { ...userinfo(), identity: { id_token: { subject: "/oid", label: "/upn" } } };
  const claims = { sub: "alice", oid: "0001" };
  expect(await who(entry, { claims })).toEqual({ subject: "0001", display: "Alice" });
});

test.each([401, 403, 500, 503])(
  "userinfo that answers %d takes nothing from what the id_token said",
  async (status) => {
    told = new Response(null, { status });
    expect(await who(userinfo(), { claims: { sub: "alice" } })).toEqual({ subject: "alice", display: null });
  },
);

test("userinfo that fails where nobody else says it is a failure", async () => {
  told = new Response(null, { status: 403 });
  expect(await failureOf(() => who(userinfo()))).toMatchObject({ code: "whoami" });
  told = new Response(null, { status: 503 });
  expect(await failureOf(() => who(userinfo()))).toMatchObject({ exitStatus: 3 });
});

test("a hostile name is cleaned and capped (STANDARDS 78)", async () => {
  const claims = { sub: "alice", email: `\u001b[31mroot\u202e\u200b\r\n${"o".repeat(500)}` };
  const { display } = await who({}, { claims });
  expect(display).toStartWith("[31mroot ooo");
  expect(Array.from(display ?? "")).toHaveLength(120);
});

test("where there is nobody to ask, nobody is known", async () => {
  expect(await who({})).toEqual({ subject: null, display: null });
});
