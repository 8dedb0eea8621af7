/**
 * The real git with `keyfob helper git`, over https and with a certificate authority of its own.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { builtBinary } from "../drivers/build.ts";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { withMachine } from "../drivers/machine.ts";
import { runProgram } from "../drivers/program.ts";
import type { Sandbox } from "../drivers/sandbox.ts";
import { type GitServer, startGitServer } from "../servers/git.ts";
import type { OidcServer } from "../servers/oidc.ts";
import { AUTHORITY_FILE } from "../servers/private_authority.ts";

let server: OidcServer;
let sandbox: Sandbox;
withMachine("file", (machine) => ({ server, sandbox } = machine));

/** Clones, commits, pushes, and clones once more what is there now. */
const PUSH = `set -e
  git clone --quiet "$1" first
  cd first
  echo more >> file
  git -c user.name=test -c user.email=test@example.test commit --quiet --all -m more
  git push --quiet
  git clone --quiet "$1" ../second
  cat ../second/file`;

/** git's own settings: whom it asks for credentials, whom it believes, and where the name leads. */
async function settingsFor({ origin }: GitServer): Promise<Record<string, string>> {
  const path = join(sandbox.folder, "gitconfig");
  const settings = `[credential "${origin}"]
  helper = !'${await builtBinary()}' helper git
[http]
  sslCAInfo = ${AUTHORITY_FILE}
  curloptResolve = ${new URL(origin).host}:127.0.0.1
`;
  await Bun.write(path, settings);
  return { GIT_CONFIG_GLOBAL: path, GIT_CONFIG_NOSYSTEM: "1", GIT_TERMINAL_PROMPT: "0" };
}

test("clones, and pushes what was committed, without a word", async () => {
  await using git = await startGitServer(sandbox, server, "https");
  const usernames = { git: "x-access-token" };
  await sandbox.writeRegistry({ local: { ...publicEntry(server), resources: [git.origin], usernames } });
  await logIn(sandbox, ["local"]);
  const environment = await settingsFor(git);
  const outcome = await runProgram(sandbox, ["sh", "-c", PUSH, "sh", git.repository], { environment });
  expect(outcome).toEqual({ status: 0, stdout: "hello\nmore\n", stderr: "" });
  const credential = `x-access-token:${await readToken(sandbox, ["local"])}`;
  expect(new Set(git.credentials)).toEqual(new Set([credential]));
});
