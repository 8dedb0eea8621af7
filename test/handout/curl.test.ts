/**
 * The recipe for curl: the token is in no file and in no argument list.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { builtBinary } from "../drivers/build.ts";
import { logIn, publicEntry } from "../drivers/login.ts";
import { runProgram } from "../drivers/program.ts";
import { createSandbox } from "../drivers/sandbox.ts";
import { startOidcServer } from "../servers/oidc.ts";

test("curl -H @<(keyfob token X --header) asks userinfo, in bash, and no argument holds the token", async () => {
  await using server = await startOidcServer();
  await using sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  const script = `set -o pipefail; curl --silent --fail -H @<("$KEYFOB" token local --header) "${server.issuer}/me"`;
  const environment = { KEYFOB: await builtBinary() };
  const traced = ["bash", "-x", "-c", script];
  const { stdout, stderr, status } = await runProgram(sandbox, traced, { environment });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ sub: "alice" });
  // `bash -x` shows every argument of every program.
  expect(stderr).toContain("curl");
  expect([...server.secrets].filter((secret) => stderr.includes(secret))).toEqual([]);
});
