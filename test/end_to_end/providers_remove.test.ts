/**
 * Removing a provider that was added, with the secret of its client.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry } from "../drivers/login.ts";
import { withSandboxes } from "../drivers/machine.ts";
import type { Outcome, Sandbox } from "../drivers/sandbox.ts";
import { POST_CLIENT, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

withSandboxes((machine) => void ({ server, sandbox } = machine));

/** Gives the built-in provider a client with a secret. */
async function addClient(id: string): Promise<void> {
  const file = join(sandbox.folder, "secret");
  await writeFile(file, POST_CLIENT.secret, { mode: 0o600 });
  const client = ["--client-id", POST_CLIENT.id, "--client-secret-file", file];
  expect((await sandbox.run(["providers", "add", id, ...client])).status).toBe(0);
}

function remove(...words: string[]): Promise<Outcome> {
  return sandbox.run(["providers", "remove", ...words]);
}

async function readiness(id: string): Promise<boolean | undefined> {
  const { stdout } = await sandbox.run(["providers", "list", id, "--json"]);
  const list = JSON.parse(stdout) as { id: string; ready: boolean }[];
  return list.find((provider) => provider.id === id)?.ready;
}

test("what was added is gone, comments and the rest of the file stay", async () => {
  const file = join(sandbox.home, "providers.json");
  const before = `{
  // mine
  "providers": {
    "zenith": { "issuer": "https://id.zenith.example" }, // prod
    // a try
    "acme": {
      "issuer": "https://id.acme.example"
    } // not yet
  }
}
`;
  await writeFile(file, before, { mode: 0o600 });
  const { stderr, status } = await remove("acme");
  expect({ stderr, status }).toEqual({ stderr: `Removed "acme" from "${file}"\n`, status: 0 });
  expect(await readFile(file, "utf8")).toBe(`{
  // mine
  "providers": {
    "zenith": { "issuer": "https://id.zenith.example" } // prod
    // a try
  }
}
`);
});

test("the secret of its client is forgotten: given the same client again, it lacks one", async () => {
  await addClient("google");
  expect(await readiness("google")).toBe(true);
  const { stdout } = await remove("google", "--json");
  const file = join(sandbox.home, "providers.json");
  expect(JSON.parse(stdout)).toEqual({ id: "google", file, client_secret: "forgotten" });
  await sandbox.run(["providers", "add", "google", "--client-id", POST_CLIENT.id]);
  expect(await readiness("google")).toBe(false);
});

test("a provider that is built in stays known, and that is said", async () => {
  await addClient("google");
  const { stderr } = await remove("google");
  expect(stderr).toContain('"google" is still known, as it is built in');
});

test("while somebody is logged in there it is refused; --force keeps the login", async () => {
  await sandbox.writeRegistry({ local: publicEntry(server) });
  await logIn(sandbox, ["local/work"]);
  const { stdout, status } = await remove("local", "--json");
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "provider_in_use", message: expect.stringContaining("local/work") },
  });
  expect((await remove("local", "--force")).status).toBe(0);
  const { stdout: accounts } = await sandbox.run(["status", "--json"]);
  expect(JSON.parse(accounts)).toMatchObject([{ provider: "local", account: "work" }]);
});

test("what stands elsewhere is not removed: it is said where it stands", async () => {
  const folder = join(sandbox.home, "providers.d");
  await mkdir(folder, { mode: 0o700 });
  const file = join(folder, "team.json");
  await writeFile(file, JSON.stringify({ providers: { team: publicEntry(server) } }), { mode: 0o600 });
  const inFolder = await remove("team");
  expect(inFolder.status).toBe(2);
  expect(inFolder.stderr).toContain(`it stands in "${file}"`);
  const builtIn = await remove("github");
  expect(builtIn.status).toBe(2);
  expect(builtIn.stderr).toContain("it is built in");
});

test("what nobody knows is refused with the nearest name", async () => {
  const { stderr, status } = await remove("githup");
  expect(status).toBe(2);
  expect(stderr).toContain('did you mean "github"?');
});
