/**
 * Adding a provider by flags.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { withSandboxes } from "../drivers/machine.ts";
import { addLocal, readRegistry, registryFile, written } from "../drivers/registry.ts";
import type { Outcome, Sandbox } from "../drivers/sandbox.ts";
import { mountSmallDisk } from "../proof/small_disk.ts";
import { GOOGLE_CLIENT, startGoogleServer } from "../servers/google.ts";
import { POST_CLIENT, PUBLIC_CLIENT, type OidcServer } from "../servers/oidc.ts";

let server: OidcServer;
let sandbox: Sandbox;

withSandboxes((machine) => void ({ server, sandbox } = machine));

test("an issuer and a client id are enough, and the login works", async () => {
  const { stdout, status } = await addLocal({ server, sandbox }, "--client-id", PUBLIC_CLIENT, "--json");
  expect(status).toBe(0);
  const entry = { issuer: server.issuer, client_id: PUBLIC_CLIENT };
  expect(JSON.parse(stdout)).toMatchObject({
    id: "local",
    file: registryFile(sandbox),
    entry,
    client_secret: null,
  });
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
});

test("the file is born private, names its schema, and the schema lies beside it", async () => {
  await addLocal({ server, sandbox }, "--client-id", "x");
  const { $schema } = await readRegistry(sandbox);
  expect($schema).toBe("./providers.schema.json");
  const schema = await sandbox.run(["providers", "schema"]);
  expect(await readFile(join(sandbox.home, "providers.schema.json"), "utf8")).toBe(schema.stdout);
  expect((await stat(registryFile(sandbox))).mode & 0o777).toBe(0o600);
  expect((await sandbox.run(["providers", "check"])).status).toBe(0);
});

test("comments and order of a file that is there are kept", async () => {
  const before = `// by hand
{
  "providers": {
    "zenith": { "issuer": "https://id.zenith.example" }, // ours
  },
}
`;
  await Bun.write(registryFile(sandbox), before, { mode: 0o600 });
  await addLocal({ server, sandbox }, "--client-id", "x", "--scope", "openid");
  expect(await readFile(registryFile(sandbox), "utf8")).toBe(
    before.replace(
      "// ours\n",
      `// ours
    "local": {
      "issuer": "${server.issuer}",
      "client_id": "x",
      "scopes": [
        "openid"
      ]
    },
`,
    ),
  );
});

test("a secret from a file is sealed, not written", async () => {
  const path = join(sandbox.folder, "secret");
  await Bun.write(path, `${POST_CLIENT.secret}\n`);
  const flags = [
    "--issuer",
    server.issuer,
    "--client-id",
    POST_CLIENT.id,
    "--client-secret-file",
    path,
    "--json",
  ];
  const { stdout, status } = await sandbox.run(["providers", "add", "local", ...flags]);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ client_secret: "sealed" });
  expect(stdout + (await readFile(registryFile(sandbox), "utf8"))).not.toContain(POST_CLIENT.secret);
  await Bun.write(path, "");
  await sandbox.writeRegistry({
    local: {
      issuer: server.issuer,
      client_id: POST_CLIENT.id,
      token_endpoint_auth_methods_supported: ["client_secret_post"],
    },
  });
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
});

test("a sealed secret is replaced by another, and the registry file is left alone", async () => {
  const entry = {
    issuer: server.issuer,
    client_id: POST_CLIENT.id,
    token_endpoint_auth_methods_supported: ["client_secret_post"],
  };
  await sandbox.writeRegistry({ local: entry });
  const before = await readFile(registryFile(sandbox), "utf8");
  const path = join(sandbox.folder, "secret");
  await Bun.write(path, "wrong");
  await sandbox.run(["providers", "add", "local", "--client-secret-file", path]);
  expect(await logIn(sandbox, ["local"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("keyfob providers add ID --client-secret-file FILE replaces"),
  });
  await Bun.write(path, POST_CLIENT.secret);
  expect((await sandbox.run(["providers", "add", "local", "--client-secret-file", path])).status).toBe(0);
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
  expect(await readFile(registryFile(sandbox), "utf8")).toBe(before);
});

test("Google's downloaded file gives a known provider its client", async () => {
  await using google = await startGoogleServer();
  const {
    client_id: _id,
    client_secret: _secret,
    ...endpoints
  } = JSON.parse(google.registry).providers.google;
  await sandbox.writeRegistry({ google: endpoints });
  const path = join(sandbox.folder, "client_secret_1.apps.json");
  const installed = { client_id: GOOGLE_CLIENT.id, client_secret: GOOGLE_CLIENT.secret };
  await Bun.write(path, JSON.stringify({ installed }));
  expect((await sandbox.run(["providers", "add", "google", "--client-secret-file", path])).status).toBe(0);
  expect((await logIn(sandbox, ["google"])).status).toBe(0);
});

test("a later file that overrules the client is told", async () => {
  const folder = join(sandbox.home, "providers.d");
  await mkdir(folder, { mode: 0o700 });
  const theirs = { acme: { issuer: server.issuer, client_id: "theirs" } };
  await Bun.write(join(folder, "acme.json"), JSON.stringify({ providers: theirs }), { mode: 0o600 });
  const { stderr, status } = await sandbox.run(["providers", "add", "acme", "--client-id", "mine"]);
  expect(status).toBe(0);
  expect(stderr).toContain('Another registry file overrules this client of "acme"');
});

test("endpoints alone do, without asking anybody", async () => {
  const flags = [
    "--authorization-endpoint",
    "https://a.example/authorize",
    "--token-endpoint",
    "https://a.example/token",
  ];
  const { status } = await sandbox.run([
    "providers",
    "add",
    "plain",
    ...flags,
    "--client-id",
    "x",
    "--redirect-port",
    "registered",
  ]);
  expect(status).toBe(0);
  expect(await readRegistry(sandbox)).toMatchObject({
    providers: {
      plain: {
        authorization_endpoint: "https://a.example/authorize",
        token_endpoint: "https://a.example/token",
        client_id: "x",
        redirect: { port: "registered" },
      },
    },
  });
});

test.each([
  [["--client-id", "x"], "missing_issuer", 2],
  [["--issuer", "http://a.example", "--client-id", "x"], "bad_address", 2],
  [
    ["--authorization-endpoint", "http://a.example/a", "--token-endpoint", "https://a.example/t"],
    "broken_entry",
    2,
  ],
] as const)("%p is refused with %p, and nothing is written", async (flags, code, exitStatus) => {
  const { stdout, status } = await sandbox.run(["providers", "add", "wrong", ...flags, "--json"]);
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: exitStatus, error: { code } });
  expect(await written(sandbox)).toEqual([]);
});

test("no endpoint of a provider that is known is moved by mistake", async () => {
  const { stdout, status } = await sandbox.run([
    "providers",
    "add",
    "google",
    "--issuer",
    server.issuer,
    "--json",
  ]);
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({
    status: 2,
    error: { code: "provider_exists" },
  });
});

test.each([
  ["others may write to it", 0o666, '{"providers":{}}', "writable_by_others"],
  ["it is not JSON", 0o600, '{"providers":', "unreadable_registry"],
])("a file is left alone because %s", async (_, mode, text, code) => {
  await Bun.write(registryFile(sandbox), text);
  await Bun.$`chmod ${mode.toString(8)} ${registryFile(sandbox)}`;
  const { stdout } = await addLocal({ server, sandbox }, "--client-id", "x", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  expect(await readFile(registryFile(sandbox), "utf8")).toBe(text);
});

test("where the registry file cannot be written, the secret is taken back, and the one before is kept", async () => {
  using disk = mountSmallDisk(join(sandbox.folder, "disk"), 400);
  sandbox.environment["KEYFOB_REGISTRY"] = join(disk.folder, "registry.json");
  const path = join(sandbox.folder, "secret");
  const add = async (id: string, secret: string, ...more: readonly string[]): Promise<Outcome> => {
    await Bun.write(path, secret);
    return await sandbox.run(["providers", "add", id, "--client-secret-file", path, ...more]);
  };
  const client = ["--client-id", POST_CLIENT.id];
  expect((await add("local", POST_CLIENT.secret, "--issuer", server.issuer, ...client)).status).toBe(0);
  const before = sealedSecrets();
  expect(before).toHaveLength(1);
  disk.setReadOnly();
  for (const [id, ...more] of [
    ["other", "--issuer", server.issuer, ...client],
    ["local", ...client, "--scope", "openid"],
  ] as const) {
    const { status, stderr } = await add(id, "another", ...more);
    expect([status, stderr]).toEqual([1, expect.stringContaining("the file system is read-only")]);
    expect(sealedSecrets()).toEqual(before);
  }
  await sandbox.replaceRegistry(
    JSON.stringify({
      providers: {
        local: {
          issuer: server.issuer,
          client_id: POST_CLIENT.id,
          token_endpoint_auth_methods_supported: ["client_secret_post"],
        },
      },
    }),
  );
  expect((await logIn(sandbox, ["local"])).status).toBe(0);
});

/** Ids of what is sealed for clients. */
function sealedSecrets(): string[] {
  using database = new Database(join(sandbox.home, "vault.db"), { readwrite: true });
  return database
    .query<{ id: string }, []>("SELECT id FROM secret ORDER BY id")
    .all()
    .map(({ id }) => id);
}
