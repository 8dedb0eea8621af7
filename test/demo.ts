/**
 * The main job, shown: a real authorization server, a login with the built binary, and the token at work.
 *
 * @module
 */
import { builtBinary } from "./drivers/build.ts";
import { publicEntry, readToken, startLogin, visit } from "./drivers/login.ts";
import { createSandbox, type Sandbox } from "./drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "./servers/oidc.ts";
import { ALICE, signIn } from "./servers/person.ts";

function say(text: string = ""): void {
  console.log(text);
}

function sayStep(command: string): void {
  say();
  say(`$ ${command}`);
}

async function demonstrate(): Promise<void> {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  say("keyfob, in one minute");
  say(`A real OpenID provider is running at ${server.issuer}, and this is all keyfob knows of it:`);
  say(`  {"providers": {"local": ${JSON.stringify(publicEntry(server))}}}`);
  await logIn(sandbox, server);
  await useToken(sandbox, server);
  await run(sandbox, ["status"]);
  await refresh(sandbox, server);
  await run(sandbox, ["logout", "local"]);
  say();
  say("Done: everything the demo wrote is removed again.");
}

async function logIn(sandbox: Sandbox, server: OidcServer): Promise<void> {
  sayStep("keyfob login local");
  if (process.stdin.isTTY && process.stdout.isTTY) await logInByHand(sandbox);
  else await logInByScript(sandbox, server);
}

/** The person at the terminal signs in, with their own browser or by pasting. */
async function logInByHand(sandbox: Sandbox): Promise<void> {
  say(`(sign in as "${ALICE.login}" with the password "${ALICE.password}"; the provider is on this machine)`);
  // The child ends on ctrl-C; the demo goes on to tidy up.
  process.on("SIGINT", () => {});
  const { KEYFOB_HOME = "" } = sandbox.environment;
  const login = Bun.spawn([await builtBinary(), "login", "local"], {
    env: { ...process.env, KEYFOB_HOME, KEYFOB_REGISTRY: "" },
    stdio: ["inherit", "inherit", "inherit"],
  });
  const status = await login.exited;
  if (status !== 0) throw new Error(`The login ended with status ${status}`);
}

/** Nobody is there: a scripted person signs in, and a scripted browser follows the redirect. */
async function logInByScript(sandbox: Sandbox, server: OidcServer): Promise<void> {
  const { running, url } = await startLogin(sandbox, ["local"]);
  await using _running = running;
  const redirect = await signIn(url.href);
  say(`(no terminal: a scripted person signs in as "${ALICE.login}" at ${server.issuer} and allows it)`);
  await visit(redirect);
  const { status, stderr } = await running.outcome;
  say(stderr.trim());
  if (status !== 0) throw new Error(`The login ended with status ${status}`);
}

async function useToken(sandbox: Sandbox, server: OidcServer): Promise<void> {
  sayStep("keyfob token local");
  const token = await readToken(sandbox, ["local"]);
  say(token);
  sayStep(`curl -H "Authorization: Bearer $(keyfob token local)" ${server.issuer}/me`);
  const { status, body } = await server.userinfo(token);
  say(JSON.stringify(body));
  if (status !== 200) throw new Error(`The provider answered ${status} to the token`);
}

async function refresh(sandbox: Sandbox, server: OidcServer): Promise<void> {
  const before = await readToken(sandbox, ["local"]);
  await run(sandbox, ["refresh", "local"]);
  await useToken(sandbox, server);
  if ((await readToken(sandbox, ["local"])) === before) throw new Error("The refresh brought no new token");
}

async function run(sandbox: Sandbox, args: readonly string[]): Promise<void> {
  sayStep(`keyfob ${args.join(" ")}`);
  const { stdout, stderr, status } = await sandbox.run(args);
  const said = `${stdout}${stderr}`.trim();
  if (said !== "") say(said);
  if (status !== 0) throw new Error(`It ended with status ${status}`);
}

try {
  await demonstrate();
} catch (error) {
  console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
