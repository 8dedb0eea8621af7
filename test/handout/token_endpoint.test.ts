/**
 * The token endpoint of `run --serve`: for the child alone, fresh each time, gone with the child.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { LoginRequired, Unavailable } from "../../src/errors.ts";
import { createTokenApp } from "../../src/handout/token_endpoint.ts";
import type { AccountName } from "../../src/vault/account.ts";
import { logIn, publicEntry } from "../drivers/login.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";

const SECRET = "the-secret-of-this-run";
const GOOD = { Host: "127.0.0.1:4711", Authorization: `Bearer ${SECRET}` };
const ONE: AccountName = { provider: "local", label: "default" };
const TWO: AccountName = { provider: "local", label: "work" };

function ask(
  headers: Readonly<Record<string, string>>,
  options: {
    readonly path?: string;
    readonly method?: string;
    readonly accounts?: readonly AccountName[];
  } = {},
): Promise<Response> {
  const { path = "/token", method = "GET", accounts = [ONE] } = options;
  const source = { accounts, fresh: async ({ label }: AccountName) => ({ access_token: `token-${label}` }) };
  const request = new Request(`http://127.0.0.1:4711${path}`, { method, headers });
  return Promise.resolve(createTokenApp(source, SECRET).fetch(request, { port: 4711 }));
}

describe("who may ask:", () => {
  test("the child, with the secret", async () => {
    const response = await ask(GOOD);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(await response.json()).toEqual({ access_token: "token-default" });
  });

  const strangers: [who: string, headers: Record<string, string>, status: number][] = [
    ["without the secret", { Host: GOOD.Host }, 401],
    ["with another secret", { ...GOOD, Authorization: "Bearer the-secret-of-this-ruN" }, 401],
    ["with the secret alone", { ...GOOD, Authorization: SECRET }, 401],
    ["from a page, secret or not", { ...GOOD, Origin: "http://127.0.0.1:4711" }, 403],
    ["under a rebound name", { ...GOOD, Host: "evil.example:4711" }, 400],
    ["under another port", { ...GOOD, Host: "127.0.0.1:80" }, 400],
  ];
  test.each(strangers)("nobody %s", async (_who, headers, status) => {
    const response = await ask(headers);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain("token-");
  });

  test("nobody by another method", async () => {
    for (const method of ["POST", "PUT", "OPTIONS", "HEAD"]) {
      expect((await ask(GOOD, { method })).status).toBe(405);
    }
  });

  test("of several accounts one must be named, and no other can be", async () => {
    const accounts = [ONE, TWO];
    expect((await ask(GOOD, { accounts })).status).toBe(404);
    const named = await ask(GOOD, { accounts, path: "/token?account=local/work" });
    expect(await named.json()).toEqual({ access_token: "token-work" });
    expect((await ask(GOOD, { accounts, path: "/token?account=local/home" })).status).toBe(404);
    expect((await ask(GOOD, { path: "/other" })).status).toBe(404);
  });
});

test.each([
  [503, "unavailable", new Unavailable("Cannot reach it")],
  [403, "login_required", new LoginRequired("Log in", { hint: "keyfob login local" })],
  [500, "unexpected", new Error("something with a secret")],
] as const)("a failure says what is to be done: %d %s", async (status, code, failure) => {
  const source = { accounts: [ONE], fresh: () => Promise.reject(failure) };
  const app = createTokenApp(source, SECRET);
  const response = await app.request("/token", { headers: GOOD }, { port: 4711 });
  expect(response.status).toBe(status);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ error: { code } });
  expect(text).not.toContain("something with a secret");
});

test("run --serve: no token in the environment, a fresh one at every request, nothing left afterwards", async () => {
  await using server = await startOidcServer({ accessTokenSeconds: 61 });
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  server.accessTokenSeconds = 3600;
  const script = `
    env | grep -c -E '^LOCAL_TOKEN|^KEYFOB_TOKEN_LOCAL'
    get() { curl --silent --fail -H "Authorization: Bearer $KEYFOB_TOKEN_SECRET" "$KEYFOB_TOKEN_URL"; echo; }
    get; sleep 2; get; get; echo "$KEYFOB_TOKEN_URL"`;
  const environment = { KEYFOB_TOKEN_OTHER: "stray" };
  const run = ["run", "local", "--serve", "--", "sh", "-c", script];
  const { stdout, stderr, status } = await sandbox.run(run, { environment });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [count, ...lines] = stdout.trim().split("\n");
  const url = lines.pop() ?? "";
  expect(count).toBe("0");
  const [first, second, third] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(Object.keys(first ?? {})).toEqual(["access_token", "token_type", "expires_at"]);
  expect(second?.["access_token"]).not.toBe(first?.["access_token"]);
  expect(third).toEqual(second);
  expect((await server.userinfo(second?.["access_token"] ?? "")).status).toBe(200);
  expect(server.count("refresh_token")).toBe(1);
  await expect(fetch(url)).rejects.toThrow();
});

test("run --serve: the secret is 256 bits, and new for every run", async () => {
  await using sandbox = await createSandbox({ KEYFOB_TOKEN_GITHUB: "token-of-github" });
  const run = ["run", "github", "--serve", "--", "sh", "-c", "echo $KEYFOB_TOKEN_SECRET"];
  const secrets = [(await sandbox.run(run)).stdout, (await sandbox.run(run)).stdout];
  expect(secrets[0]).toMatch(/^[\w-]{43}\n$/);
  expect(secrets[1]).not.toBe(secrets[0] ?? "");
});
