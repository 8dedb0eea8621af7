/**
 * Codes that the provider refuses: what a person is told, and asked again, by login and by finish.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { begin, prefer, readAddress, readToken } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import { startSession, type Session } from "../drivers/terminal.ts";
import { signIn } from "../servers/person.ts";

let sandbox: Sandbox;

withMachine("test", async (machine) => {
  ({ sandbox } = machine);
  await prefer(sandbox, { local: "paste" });
});

/** A code that the provider never gave. */
const WRONG = "never-given-by-anybody";
const AGAIN = "keyfob login local/two --begin";

function withWrongCode(redirect: string): string {
  const address = new URL(redirect);
  address.searchParams.set("code", WRONG);
  return address.href;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

async function failToFinish(answer: string): Promise<Failure> {
  const { stdout, status } = await sandbox.run(["finish", "--json"], { input: answer });
  expect(status).toBe(4);
  return (JSON.parse(stdout) as { error: Failure }).error;
}

test("finish names the account, says how to begin again, and afterwards that the code was refused", async () => {
  const redirect = await signIn((await begin(sandbox, ["local/two"])).url);
  const refused = await failToFinish(withWrongCode(redirect));
  expect(refused.code).toBe("invalid_grant");
  expect(refused.message).toStartWith('Cannot redeem the code of "local/two": ');
  expect(refused.hint).toEndWith(`begin again: ${AGAIN}`);
  const over = await failToFinish(redirect);
  expect(over.code).toBe("attempt_used");
  expect(over.message).toBe("Cannot finish this login: the provider refused its code");
  expect(over.hint).toBe(`begin again: ${AGAIN}`);
});

test("finish leaves the login open after a wrong code alone, and says so", async () => {
  const redirect = await signIn((await begin(sandbox, ["local/two"])).url);
  const refused = await failToFinish(WRONG);
  expect(refused.hint).toBe(`was it copied whole? Paste it again, or begin again: ${AGAIN}`);
  expect((await sandbox.run(["finish"], { input: redirect })).status).toBe(0);
});

test("finish in a terminal asks again after each bad paste, as login does", async () => {
  const redirect = await signIn((await begin(sandbox, ["local/two"])).url);
  const foreign = redirect.replace(/state=[^&]+/, "state=of-another-login-altogether");
  await using session = await startSession(sandbox, ["finish"]);
  await session.transcript.waitFor(/Paste the answer here/);
  await pasteAndWait(session, "hello there", /does not look like an address or a code/);
  await pasteAndWait(session, foreign, /no login with this state was begun here/);
  await pasteAndWait(session, WRONG, /was it copied whole\?/);
  await session.paste(redirect);
  await session.transcript.waitFor(/Logged in to local\/two/);
  expect(await session.exited).toBe(0);
  expect(await session.isRestored()).toBe(true);
  expect(await readToken(sandbox, ["local/two"])).not.toBe("");
});

test("finish in a terminal ends where no better paste can follow, and at ctrl-C", async () => {
  const redirect = await signIn((await begin(sandbox, ["local/two"])).url);
  await using over = await startSession(sandbox, ["finish"]);
  await over.transcript.waitFor(/Paste the answer here/);
  await over.paste(withWrongCode(redirect));
  expect(await over.exited).toBe(4);
  expect(over.transcript.text.replaceAll(/\s+/g, " ")).toContain(`begin again: ${AGAIN}`);

  await begin(sandbox, ["local/three"]);
  await using left = await startSession(sandbox, ["finish"]);
  await left.transcript.waitFor(/Paste the answer here/);
  await pasteAndWait(left, "hello there", /does not look like/);
  left.type("\x03");
  expect(await left.exited).toBe(130);
});

test("finish in a terminal says at once that no login is open", async () => {
  await using none = await startSession(sandbox, ["finish"]);
  expect(await none.exited).toBe(4);
  const said = none.transcript.text.replaceAll(/\s+/g, " ");
  expect(said).toContain("Cannot finish: no begun login is open");
  expect(said).toContain("keyfob login ACCOUNT --begin");
  expect(said).not.toContain("Paste the answer");
  await using json = await startSession(sandbox, ["finish", "--json"]);
  await json.transcript.waitFor(/"code":"attempt_unknown"/);
  expect(await json.exited).toBe(4);
});

test("ctrl-D at the paste prompt of finish and of login gives up, as ctrl-C does", async () => {
  await begin(sandbox, ["local/two"]);
  for (const [args, question] of [
    [["finish"], /Paste the answer here/],
    [["login", "local", "--method", "paste"], /Paste the address here/],
  ] as const) {
    await using session = await startSession(sandbox, args);
    await session.transcript.waitFor(question);
    await Bun.sleep(100);
    session.type("\x04");
    expect(await session.exited).toBe(130);
    expect(session.transcript.text).toContain("Interrupted");
    expect(await session.isRestored()).toBe(true);
  }
});

test("finish --json in a terminal asks once: a program reads the failure", async () => {
  await begin(sandbox, ["local/two"]);
  await using session = await startSession(sandbox, ["finish", "--json"]);
  await session.transcript.waitFor(/Paste the answer here/);
  await session.paste("hello there");
  await session.transcript.waitFor(/"code":"bad_paste"/);
  expect(await session.exited).toBe(1);
});

test("login in a terminal says how to go on: after a code alone by asking again, after an answer by ending", async () => {
  await using session = await startSession(sandbox, ["login", "local/two"], {
    environment: { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22" },
  });
  const url = await readAddress(session.transcript);
  await session.transcript.waitFor(/Paste the address here/);
  await pasteAndWait(session, WRONG, /was it copied whole\?/);
  await session.paste(withWrongCode(await signIn(url.href)));
  expect(await session.exited).toBe(4);
  expect(session.transcript.text.replaceAll(/\s+/g, " ")).toContain(
    "a code works once, and not for long; begin again: keyfob login local/two",
  );
  expect(session.transcript.text).not.toContain("--begin");
});

/** Pastes, and waits for what is said of it and for the prompt that follows. */
async function pasteAndWait(session: Session, text: string, said: RegExp): Promise<void> {
  await session.paste(text);
  await session.transcript.waitFor(said);
  await Bun.sleep(200);
}
