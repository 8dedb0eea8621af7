/**
 * `keyfob helper aws`, used by the AWS SDK as its credential process, against a stand-in for the token service.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { fromProcess } from "@aws-sdk/credential-provider-process";
import { builtBinary } from "../drivers/build.ts";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { problem, ROLE, startTokenService, type TokenService } from "../servers/sts.ts";

let server: OidcServer;
let sandbox: Sandbox;
let service: TokenService;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  service = startTokenService(server);
  const entry = publicEntry(server);
  await sandbox.writeRegistry({ local: { ...entry, resources: [service.origin] }, other: entry });
  await logIn(sandbox, ["local"]);
  await logIn(sandbox, ["other"]);
});

afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function ask(flags: readonly string[] = [], account = "local", role = ROLE): Promise<Outcome> {
  const args = ["helper", "aws", account, "--role-arn", role, "--endpoint", service.origin, ...flags];
  return sandbox.run(args);
}

test("the AWS SDK takes the credentials", async () => {
  const command = `env KEYFOB_HOME=${sandbox.home} ${await builtBinary()} helper aws local --role-arn ${ROLE} --endpoint ${service.origin}`;
  const filepath = join(sandbox.folder, "aws-config");
  await Bun.write(filepath, `[default]\ncredential_process = ${command}\n`);
  const credentials = await fromProcess({ filepath, configFilepath: filepath })();
  expect(credentials).toMatchObject({
    accessKeyId: "ASgeIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
    sessionToken: "AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE==",
  });
  expect(credentials.expiration?.getTime()).toBeGreaterThan(Date.now() + 3_000_000);
});

describe("the request", () => {
  test("carries the id_token, the role, and the account as the session's name", async () => {
    const { stdout, stderr, status } = await ask();
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ Version: 1, AccessKeyId: "ASgeIAIOSFODNN7EXAMPLE" });
    const { WebIdentityToken, ...rest } = service.seen.at(-1) ?? {};
    expect(WebIdentityToken?.split(".")).toHaveLength(3);
    expect(rest).toEqual({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: ROLE,
      RoleSessionName: "local-default",
    });
  });

  test("--session-name and --duration are sent", async () => {
    await ask(["--session-name", "night.job", "--duration", "15m"]);
    expect(service.seen.at(-1)).toMatchObject({ RoleSessionName: "night.job", DurationSeconds: "900" });
  });

  test("--access-token sends the access token", async () => {
    const { status } = await ask(["--access-token"]);
    expect(service.seen.at(-1)?.["WebIdentityToken"]).toBe(await readToken(sandbox, ["local"]));
    // The stand-in wants an id_token, as AWS does.
    expect(status).toBe(5);
  });

  test("goes nowhere that the account is not for", async () => {
    const sent = service.seen.length;
    const { stdout, stderr, status } = await ask([], "other");
    expect({ stdout, status }).toEqual({ stdout: "", status: 5 });
    expect(stderr).toContain(`"accounts": {"other": {"resources": ["${service.origin}"]}}`);
    expect(service.seen.length).toBe(sent);
    expect((await ask(["--endpoint", "https://sts.amazonaws.com"])).status).toBe(5);
    expect((await ask(["--endpoint", "http://sts.example"])).status).toBe(5);
  });

  test("an id_token that is over is refreshed, though the access token lives", async () => {
    server.idTokenSeconds = 30;
    await logIn(sandbox, ["local/brief"]);
    server.idTokenSeconds = 3600;
    const refreshes = server.count("refresh_token");
    expect((await ask([], "local/brief")).status).toBe(0);
    expect(server.count("refresh_token")).toBe(refreshes + 1);
    expect((await ask([], "local/brief")).status).toBe(0);
    expect(server.count("refresh_token")).toBe(refreshes + 1);
  });

  test("an account without an id_token: exit 2", async () => {
    const environment = { KEYFOB_TOKEN_GITHUB: "token-of-github" };
    const settings = { accounts: { github: { resources: [service.origin] } } };
    await Bun.write(join(sandbox.home, "config.json"), JSON.stringify(settings));
    const args = ["helper", "aws", "github", "--role-arn", ROLE, "--endpoint", service.origin];
    const { stderr, status } = await sandbox.run(args, { environment });
    await Bun.file(join(sandbox.home, "config.json")).delete();
    expect(status).toBe(2);
    expect(stderr).toContain("id_token");
  });

  test.each([
    ["--role-arn", "keyfob-test"],
    ["--region", "evil.example#"],
    ["--session-name", "a b"],
  ])("%s %s is refused", async (flag, value) => {
    expect((await ask([flag, value])).status).toBe(2);
  });
});

describe("the service", () => {
  test.each([
    [403, problem("AccessDenied", "Not authorized"), 5, "Not authorized"],
    [400, problem("ExpiredTokenException", "Token expired"), 5, "Token expired"],
    [400, problem("IDPCommunicationError", "Cannot fetch keys"), 3, "IDPCommunicationError"],
    [503, "", 3, "status 503"],
    [429, problem("Throttling", "slow down"), 3, "Throttling"],
    [400, problem("MalformedPolicyDocument", "odd"), 1, "MalformedPolicyDocument"],
    [200, "<html>hello</html>", 1, "AccessKeyId"],
    [200, "<Credentials><AccessKeyId>a</AccessKeyId></Credentials>", 1, "SecretAccessKey"],
    [200, "<Credentials><AccessKeyId>a&#10;b</AccessKeyId></Credentials>", 1, "AccessKeyId"],
    [200, "<Credentials><AccessKeyId>a</AccessKeyId></Credentials>".repeat(2), 1, "AccessKeyId"],
  ])("answers %d %j: exit %d", async (status, body, exit, said) => {
    service.answers.push([status, body]);
    const outcome = await ask();
    expect({ stdout: outcome.stdout, status: outcome.status }).toEqual({ stdout: "", status: exit });
    expect(outcome.stderr).toContain(said);
  });

  test("says no to another role", async () => {
    const { stderr, status } = await ask([], "local", "arn:aws:iam::123456789012:role/admin");
    expect(status).toBe(5);
    expect(stderr).toContain("trust policy");
  });
});
