/**
 * `keyfob helper xoauth2` and `helper oauthbearer`, accepted by a real IMAP server.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { oauthbearer } from "../../src/handout/oauthbearer.ts";
import { xoauth2 } from "../../src/handout/xoauth2.ts";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { type MailServer, startMailServer } from "../servers/dovecot.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;
let mail: MailServer;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local"]);
  mail = await startMailServer(server);
});

afterAll(async () => {
  await mail[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const decode = (text: string): string => Buffer.from(text, "base64").toString();

describe("a real IMAP server, asking the authorization server,", () => {
  test.each([
    ["XOAUTH2", ["helper", "xoauth2", "local", "--user", "alice"]],
    ["OAUTHBEARER", ["helper", "oauthbearer", "local", "--user", "alice"]],
    [
      "OAUTHBEARER",
      ["helper", "oauthbearer", "local", "--user", "alice", "--host", "127.0.0.1", "--port", "143"],
    ],
  ])("takes %s of %j", async (mechanism, args) => {
    const asked = server.seen.filter(({ route }) => route === "introspection").length;
    const { stdout, stderr, status } = await sandbox.run(args);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toMatch(/^[A-Za-z0-9+/]+=*\n$/);
    expect(await mail.authenticate(mechanism, stdout.trim())).toMatch(/^a OK /);
    expect(server.seen.filter(({ route }) => route === "introspection").length).toBe(asked + 1);
  });

  test("refuses the token in another person's name", async () => {
    const { stdout } = await sandbox.run(["helper", "xoauth2", "local", "--user", "bob"]);
    expect(await mail.authenticate("XOAUTH2", stdout.trim())).toMatch(/^a NO /);
  });

  test("refuses both with a token whose session was ended", async () => {
    await logIn(sandbox, ["local/ended"]);
    const args = ["local/ended", "--user", "alice"];
    const [one, two] = [
      await sandbox.run(["helper", "xoauth2", ...args]),
      await sandbox.run(["helper", "oauthbearer", ...args]),
    ];
    expect(await mail.authenticate("XOAUTH2", one.stdout.trim())).toMatch(/^a OK /);
    await server.endSessions();
    expect(await mail.authenticate("XOAUTH2", one.stdout.trim())).toMatch(/^a NO /);
    expect(await mail.authenticate("OAUTHBEARER", two.stdout.trim())).toMatch(/^a NO /);
  });
});

test("the user is the person's address where none is given", async () => {
  const { stdout } = await sandbox.run(["helper", "xoauth2", "local"]);
  const token = await readToken(sandbox, ["local"]);
  expect(decode(stdout)).toBe(`user=alice@example.test\u0001auth=Bearer ${token}\u0001\u0001`);
});

test("--json names mechanism and user", async () => {
  const { stdout } = await sandbox.run(["helper", "oauthbearer", "local", "--user", "alice", "--json"]);
  const document = JSON.parse(stdout) as Record<string, string>;
  expect(document).toMatchObject({
    provider: "local",
    account: "default",
    mechanism: "OAUTHBEARER",
    user: "alice",
  });
  expect(decode(document["initial_response"] ?? "")).toStartWith("n,a=alice,\u0001auth=Bearer ");
});

test("without a user to be known, exit 2 says --user", async () => {
  const environment = { KEYFOB_TOKEN_GITHUB: "token-of-github" };
  const { stderr, status } = await sandbox.run(["helper", "xoauth2", "github"], { environment });
  expect(status).toBe(2);
  expect(stderr).toContain("--user");
});

describe("the messages", () => {
  test("XOAUTH2 is what Google documents", () => {
    // The example of developers.google.com/workspace/gmail/imap/xoauth2-protocol.
    expect(xoauth2("someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg")).toBe(
      "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==",
    );
  });

  test("OAUTHBEARER is the example of RFC 7628 section 4.1", () => {
    const credential = {
      user: "user@example.com",
      accessToken: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
    };
    const message = decode(oauthbearer({ ...credential, host: "server.example.com", port: 143 }));
    expect(message).toBe(
      "n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001" +
        "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001",
    );
  });

  test("a comma or an equals sign in the user ends nothing (RFC 5801 section 4)", () => {
    expect(decode(oauthbearer({ user: "a=b,c", accessToken: "t" }))).toStartWith("n,a=a=3Db=2Cc,\u0001");
  });

  test.each(["alice\u0001auth=Bearer x", "alice\r\n", "alice\u0000"])(
    "control characters are refused: %j",
    (user) => {
      expect(() => xoauth2(user, "t")).toThrow("control characters");
      expect(() => oauthbearer({ user, accessToken: "t" })).toThrow("control characters");
    },
  );

  test("a token that is none is refused (STANDARDS 79)", () => {
    expect(() => xoauth2("alice", "a b")).toThrow("no token may have");
    expect(() => oauthbearer({ user: "alice", accessToken: "a\u0001b" })).toThrow("no token may have");
  });
});
