/**
 * A bot starts a login, passes the address on, and finishes it later in another process.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { begin, readToken } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Outcome, Sandbox } from "../drivers/sandbox.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { ALICE, signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withMachine("test", (machine) => ({ server, sandbox } = machine));

async function finish(answer: string, args: readonly string[] = []): Promise<Outcome> {
  return await sandbox.run(["finish", ...args], { input: `${answer}\n` });
}

/** The code, message and hint of a failed `finish --json`. */
async function failToFinish(
  answer: string,
  args: readonly string[] = [],
): Promise<{ said: string; status: number }> {
  const { stdout, status } = await finish(answer, [...args, "--json"]);
  const { error } = JSON.parse(stdout) as { error: Record<string, string> };
  return { said: Object.values(error).join("; "), status };
}

function codeOf(redirect: string): string {
  return new URL(redirect).searchParams.get("code") ?? "";
}

test("--begin prints the address, state, redirect and end, and nothing listens", async () => {
  const begun = await begin(sandbox, ["local"]);
  expect(Object.keys(begun).toSorted()).toEqual(["expires_at", "redirect_uri", "state", "url"]);
  const { searchParams } = new URL(begun.url);
  expect(searchParams.get("state")).toBe(begun.state);
  expect(searchParams.get("redirect_uri")).toBe(begun.redirect_uri);
  expect(begun.redirect_uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  expect(Date.parse(begun.expires_at)).toBeGreaterThan(Date.now());
  await expect(fetch(begun.redirect_uri)).rejects.toThrow();
});

test.each([
  [["--format", "config"], "keyfob finish --format config"],
  [["--bind", "0.0.0.0"], "nothing listens"],
  [["--method", "browser"], "opens no browser"],
])("--begin with %p is refused, since it would do nothing", async (args, hint) => {
  const { stdout, stderr, status } = await sandbox.run(["login", "local", "--begin", ...args]);
  expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
  expect(stderr).toContain(args[0] ?? "");
  expect(stderr).toContain(hint);
});

test("two begun logins have the same fixed redirect and different states (STANDARDS 9, 14)", async () => {
  const [first, second] = [await begin(sandbox, ["local"]), await begin(sandbox, ["local"])];
  expect(first.redirect_uri).toBe(second.redirect_uri);
  expect(first.state).not.toBe(second.state);
});

test("finish completes the login from the whole address on standard input", async () => {
  const { url } = await begin(sandbox, ["local/bot"]);
  const { status, stderr } = await finish(await signIn(url));
  expect(stderr).toContain("alice");
  expect(status).toBe(0);
  expect((await server.userinfo(await readToken(sandbox, ["local/bot"]))).status).toBe(200);
});

test.each([
  [["-9Xb_c#nobodys-state"], "attempt_unknown"],
  [["--Xb_c#nobodys-state"], "attempt_unknown"],
  [["--state", "-nobodys", "-9Xb_c"], "attempt_unknown"],
  [["--stat", "x"], "unknown_option"],
])("an answer that begins with a dash is no option: finish %j", async (args, code) => {
  const { stdout } = await sandbox.run(["finish", ...args, "--json"]);
  expect((JSON.parse(stdout) as { error: { code: string } }).error.code).toBe(code);
});

test("finish takes the answer as an argument, code#state, and prints the account with --json", async () => {
  const { url, state } = await begin(sandbox, ["local/argument"]);
  const answer = `${codeOf(await signIn(url))}#${state}`;
  const { status, stdout } = await sandbox.run(["finish", answer, "--json"]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ provider: "local", account: "argument", subject: "alice" });
});

test("finish --format config prints the bot's configuration", async () => {
  const { url } = await begin(sandbox, ["local"]);
  const { stdout } = await finish(await signIn(url), ["--format", "config"]);
  expect(JSON.parse(stdout)).toMatchObject({
    providers: {
      local: { oauth_token: await readToken(sandbox, ["local"]), token_type: "oauth", account: "default" },
    },
  });
});

test("a bare code is enough where exactly one login is open", async () => {
  const { url } = await begin(sandbox, ["local"]);
  expect((await finish(codeOf(await signIn(url)))).status).toBe(0);
});

test("a bare code is refused where two logins are open, and --state says which", async () => {
  await begin(sandbox, ["local/one"]);
  const { url, state } = await begin(sandbox, ["local/two"]);
  const code = codeOf(await signIn(url));
  const { said, status } = await failToFinish(code);
  expect(status).toBe(2);
  expect(said).toContain("--state");
  expect(said).not.toContain(code);
  expect((await finish(code, ["--state", state])).status).toBe(0);
  expect((await sandbox.run(["token", "local/two"])).status).toBe(0);
});

test("a finished login is said to be used, and is not tried again", async () => {
  const { url } = await begin(sandbox, ["local"]);
  const redirect = await signIn(url);
  await finish(redirect);
  const { said, status } = await failToFinish(redirect);
  expect(said).toMatch(/used/i);
  expect(status).not.toBe(0);
  expect(server.count("authorization_code")).toBe(1);
});

test("an expired login is said to be expired", async () => {
  const { url, expires_at: expiresAt } = await begin(sandbox, ["local", "--timeout", "1s"]);
  const redirect = await signIn(url);
  // The printed time has whole seconds.
  await Bun.sleep(Math.max(0, Date.parse(expiresAt) - Date.now()) + 1000);
  expect((await failToFinish(redirect)).said).toMatch(/expired/i);
  expect(server.count("authorization_code")).toBe(0);
});

test("an unknown state is said to be unknown", async () => {
  await begin(sandbox, ["local"]);
  const foreign = "http://127.0.0.1/callback?code=abc&state=0123456789012345678901234567890123456789012";
  expect((await failToFinish(foreign)).said).toMatch(/unknown/i);
});

test("two processes that finish the same login at once: one succeeds, the code is spent once (STANDARDS 14)", async () => {
  const { url } = await begin(sandbox, ["local"]);
  const redirect = await signIn(url);
  const outcomes = await Promise.all([finish(redirect), finish(redirect)]);
  expect(outcomes.filter(({ status }) => status === 0)).toHaveLength(1);
  expect(server.count("authorization_code")).toBe(1);
});

test("a person who said no: finish is refused with 5", async () => {
  const { url } = await begin(sandbox, ["local"]);
  const { status } = await finish(await signIn(url, { ...ALICE, decision: "deny" }));
  expect(status).toBe(5);
});

test("the begun login is sealed: neither its state nor the verifier stands in a file", async () => {
  const { url } = await begin(sandbox, ["local"]);
  const files = await Array.fromAsync(new Bun.Glob("**/*").scan({ cwd: sandbox.home, absolute: true }));
  const kept = await Promise.all(files.map(async (path) => await Bun.file(path).text()));
  await finish(await signIn(url));
  const exchange = server.seen.find(({ route }) => route === "token");
  const verifier = exchange?.parameters["code_verifier"] ?? "no exchange was seen";
  expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
  expect(kept.some((text) => text.includes(verifier))).toBe(false);
  expect(kept.join("").length).toBeGreaterThan(0);
});
