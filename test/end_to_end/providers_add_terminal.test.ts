/**
 * Adding a provider by questions, in a real pseudo-terminal.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { prefer, readAddress, readToken } from "../drivers/login.ts";
import { withSandboxes } from "../drivers/machine.ts";
import { readRegistry, written } from "../drivers/registry.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startSession } from "../drivers/terminal.ts";
import { PUBLIC_CLIENT, type OidcServer } from "../servers/oidc.ts";
import { signIn } from "../servers/person.ts";

let server: OidcServer;
let sandbox: Sandbox;

withSandboxes(
  (machine) => void ({ server, sandbox } = machine),
  async () => {
    const made = await createSandbox({
      SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22",
      SSH_TTY: "/dev/pts/0",
    });
    await prefer(made, { local: "paste" });
    return made;
  },
);

test("any page of the provider is enough: the rest is found, shown, written, and one is logged in", async () => {
  await using session = await startSession(sandbox, ["providers", "add"], { rows: 50 });
  const { transcript } = session;
  await transcript.waitFor(/address of any page/);
  session.type(`${server.issuer}/auth/some/page?client_id=x#top\r`);
  await transcript.waitFor(new RegExp(`Found ${server.issuer}: \\d+ endpoints`));
  await transcript.waitFor(/Scopes/);
  session.type("\r");
  await transcript.waitFor(/Id, as in keyfob login ID/);
  session.type("\x15local\r");
  await transcript.waitFor(/exactly/);
  session.type("n");
  await transcript.waitFor(/1\. In the provider's developer settings create/);
  await transcript.waitFor(/Client id/);
  session.type(`${PUBLIC_CLIENT}\r`);
  await transcript.waitFor(/Client secret/);
  session.type("\r");
  await transcript.waitFor(/This will be added:\n\{\n {2}"local": \{\n {4}"issuer"/);
  await transcript.waitFor(/Write it/);
  session.type("y");
  await transcript.waitFor(/Log in now\?/);
  session.type("y");
  const url = await readAddress(transcript);
  await transcript.waitFor(/Paste the address/);
  await session.paste(await signIn(url.href));
  expect(await session.exited).toBe(0);
  const { providers } = await readRegistry(sandbox);
  expect(providers).toEqual({
    local: {
      issuer: server.issuer,
      scopes: ["openid", "profile", "email", "offline_access"],
      client_id: PUBLIC_CLIENT,
    },
  });
  expect((await server.userinfo(await readToken(sandbox, ["local"]))).status).toBe(200);
});

test("an address that answers nothing says so and is asked for again; ctrl-C writes nothing", async () => {
  await using session = await startSession(sandbox, ["providers", "add"]);
  await session.transcript.waitFor(/address of any page/);
  session.type("http://127.0.0.1:1/\r");
  await session.transcript.waitFor(/nothing answers there/);
  await session.transcript.waitFor(/address of any page/);
  session.type("ftp://x\r");
  await session.transcript.waitFor(/Cannot use "ftp:\/\/x" as an address/);
  session.type("\x03");
  expect(await session.exited).toBe(130);
  expect(await session.isRestored()).toBe(true);
  expect(await written(sandbox)).toEqual([]);
});

test("a provider that is known asks for its client alone", async () => {
  await using session = await startSession(sandbox, ["providers", "add", "google"], { rows: 50 });
  await session.transcript.waitFor(/Desktop app/);
  await session.transcript.waitFor(/Client id/);
  session.type("my-client\r");
  await session.transcript.waitFor(/Client secret/);
  session.type("my-secret\r");
  await session.transcript.waitFor(/Write it/);
  session.type("y");
  await session.transcript.waitFor(/Log in now\?/);
  session.type("n");
  expect(await session.exited).toBe(0);
  expect(await readRegistry(sandbox)).toMatchObject({ providers: { google: { client_id: "my-client" } } });
  expect(session.transcript.raw).not.toContain("my-secret");
});

test("what is shown and then declined is not written", async () => {
  await using session = await startSession(sandbox, ["providers", "add", "google"], { rows: 50 });
  await session.transcript.waitFor(/Client id/);
  session.type("my-client\r");
  await session.transcript.waitFor(/Client secret/);
  session.type("my-secret\r");
  await session.transcript.waitFor(/Write it/);
  session.type("n");
  await session.transcript.waitFor(/Nothing was written/);
  expect(await session.exited).toBe(0);
  expect(await written(sandbox)).toEqual([]);
});

test.each([40, 80])(
  "questions, problems and failures keep their words whole at %d columns",
  async (columns) => {
    await using session = await startSession(sandbox, ["providers", "add"], { columns, rows: 60 });
    await session.transcript.waitFor(/address of any page/);
    const asked = await session.screen();
    expect(asked.split("\n").filter((line) => !/^[│◆└]/.test(line))).toEqual([]);
    expect(unframed(asked)).toContain("of any page of the provider (empty: I know the endpoints)");
    session.type("ftp://x/a/b/c\r");
    await session.transcript.waitFor(/on\s+this\s+machine\n/);
    const refused = await session.screen();
    expect(refused.split("\n").filter((line) => !/^(?:[│▲└]| {3}\S)/.test(line))).toEqual([]);
    expect(unframed(refused)).toContain(
      '"ftp://x/a/b/c" as an address: give an https address such as https://',
    );
    session.type("\x15http://127.0.0.1:1/a\r");
    await session.transcript.waitFor(/nothing\s+answers\s+there/);
    expect(unframed(await session.screen())).toContain("nothing answers there");
  },
);

/** What a screen says, without the frames of its questions and the ends of its lines. */
function unframed(screen: string): string {
  return screen.replaceAll(/\n(?:[│└] {2}| {3})?/g, " ");
}
