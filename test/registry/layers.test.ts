import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { resolvePaths } from "../../src/paths.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { saveFields } from "../../src/registry/user_file.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { providers, registryOf } from "./files.ts";

const ACME = { issuer: "https://id.acme.example", client_id: "abc" };

describe("layers", () => {
  test("the user file speaks over the system's, which speaks over the built-in registry", async () => {
    await using opened = await registryOf({
      system: providers({ google: { client_id: "from-system", scopes: ["openid"] } }),
      user: providers({ google: { scopes: ["email"] } }),
    });
    const google = opened.registry.resolve("google", {});
    expect(google.client_id).toBe("from-system");
    expect(google.scopes).toEqual(["email"]);
    expect(google.token_endpoint).toBe("https://oauth2.googleapis.com/token");
    expect(google.layer).toBe("user");
    expect(google.builtIn).toBe(true);
  });

  test("flags speak over every file", async () => {
    await using opened = await registryOf({ user: providers({ acme: ACME }) });
    const acme = opened.registry.resolve("acme", {
      clientId: "mine",
      scopes: ["a"],
      redirectUri: "https://b.example/cb",
    });
    expect(acme.client_id).toBe("mine");
    expect(acme.scopes).toEqual(["a"]);
    expect(acme.redirect.uri).toBe("https://b.example/cb");
  });

  test("the user's folder adds to the user file, by name", async () => {
    await using opened = await registryOf({
      user: providers({ acme: ACME }),
      folder: {
        "20.json": providers({ acme: { name: "second" } }),
        "10.json": providers({ acme: { name: "first", pkce: "required" }, other: ACME }),
        "notes.txt": "not read",
      },
    });
    expect(opened.registry.resolve("acme", {})).toMatchObject({
      name: "second",
      pkce: "required",
      client_id: "abc",
    });
    expect(opened.registry.has("other")).toBe(true);
    expect(opened.registry.problems).toEqual([]);
  });

  test("null deletes a field of a lower layer", async () => {
    await using opened = await registryOf({
      user: providers({ google: { authorize: { params: { prompt: null } } } }),
    });
    expect(opened.registry.resolve("google", {}).authorize).toEqual({ params: { access_type: "offline" } });
  });

  test("null deletes a field across two files of one layer, and what follows starts afresh", async () => {
    await using opened = await registryOf({
      user: providers({ google: { redirect: null } }),
      folder: { "a.json": providers({ google: { redirect: { path: "/x" } } }) },
    });
    expect(opened.registry.resolve("google", {}).redirect).toEqual({
      host: "127.0.0.1",
      port: "any",
      path: "/x",
    });
  });

  test("null removes a whole provider", async () => {
    await using opened = await registryOf({ user: providers({ google: null }) });
    expect(opened.registry.has("google")).toBe(false);
    expect(() => opened.registry.resolve("google", {})).toThrow('Cannot find the provider "google"');
    expect(opened.registry.list().map(({ id }) => id)).not.toContain("google");
  });

  test("arrays replace", async () => {
    await using opened = await registryOf({ user: providers({ openai: { redirect: { port: [1457] } } }) });
    expect(opened.registry.resolve("openai", {}).redirect.port).toEqual([1457]);
  });

  test("a file with comments and trailing commas is read", async () => {
    await using opened = await registryOf({
      user: '{ // mine\n "providers": { "acme": { "issuer": "https://a.example", "client_id": "x", }, }, }',
    });
    expect(opened.registry.problems).toEqual([]);
    expect(opened.registry.resolve("acme", {}).client_id).toBe("x");
  });
});

describe("a file that is not used", () => {
  test("because others may write to it, is named with the fix, and the built-in registry works on", async () => {
    await using opened = await registryOf({ user: providers({ acme: ACME }) });
    await chmod(opened.paths.registryFile, 0o666);
    const registry = await openRegistry({ paths: opened.paths, systemFile: opened.systemFile });
    expect(registry.problems).toHaveLength(1);
    expect(registry.problems[0]).toMatchObject({ file: opened.paths.registryFile, line: 1, column: 1 });
    expect(registry.problems[0]?.hint).toContain("chmod go-w");
    expect(registry.resolve("openai", {}).id).toBe("openai");
    expect(await failureOf(() => registry.resolve("acme", {}))).toMatchObject({
      code: "unknown_provider",
      message: `Cannot find the provider "acme" without "${opened.paths.registryFile}", which was not used`,
      hint: `chmod go-w '${opened.paths.registryFile}'`,
    });
    expect(await failureOf(() => registry.resolve("opnai", {}))).toMatchObject({
      hint: `did you mean "openai"? chmod go-w '${opened.paths.registryFile}'`,
    });
  });

  test("because others may write to its folder, is named too", async () => {
    await using opened = await registryOf({ folder: { "a.json": providers({ acme: ACME }) } });
    await chmod(opened.paths.registryFolder!, 0o777);
    const registry = await openRegistry({ paths: opened.paths, systemFile: opened.systemFile });
    expect(registry.has("acme")).toBe(false);
    expect(registry.problems[0]?.message).toContain("other users may write");
  });

  test("is told whenever the registry is opened, whatever is asked of it", async () => {
    await using opened = await registryOf({ user: providers({ acme: ACME }) });
    const { paths, systemFile } = opened;
    await chmod(paths.registryFile, 0o666);
    const told = async (): Promise<string[]> => {
      const notices: string[] = [];
      const registry = await openRegistry({
        paths,
        systemFile,
        notice: (text) => void notices.push(text),
      });
      expect(registry.unused).toEqual(registry.problems.slice(0, notices.length));
      return notices;
    };
    expect(await told()).toEqual([
      `"${paths.registryFile}" was not used: other users may write to it (chmod go-w '${paths.registryFile}')`,
    ]);
    await chmod(paths.registryFile, 0o600);
    expect(await told()).toEqual([]);
    await writeFile(paths.registryFile, '{ "providers": { "acme" } }');
    expect(await told()).toEqual([
      `"${paths.registryFile}" was not used: line 1, column 25: not valid JSON: colon expected (a colon stands between the name of a field and its value)`,
    ]);
    await writeFile(paths.registryFile, '{ "provider": {}, "providers": {} }');
    expect(await told()).toEqual([]);
  });

  test.each(["fifo", "folder", "device"])(
    "because it is a %s, is no file, and keeps nobody waiting",
    async (kind) => {
      await using opened = await registryOf({});
      const { paths, systemFile } = opened;
      const make = { fifo: ["mkfifo"], folder: ["mkdir"], device: ["ln", "-s", "/dev/zero"] }[kind] ?? [];
      expect(Bun.spawnSync([...make, paths.registryFile]).exitCode).toBe(0);
      const registry = await openRegistry({ paths, systemFile });
      expect(registry.unused[0]?.message).toBe("it is not a regular file");
      expect(registry.resolve("openai", {}).id).toBe("openai");
      await expect(saveFields(paths, "acme", { client_id: "abc" })).rejects.toMatchObject({
        code: "unreadable_registry",
      });
    },
  );

  test("because it is over 8 MiB, says so", async () => {
    await using opened = await registryOf({ user: `{"providers":{}}${" ".repeat(8 * 1024 * 1024)}` });
    expect(opened.registry.problems[0]?.message).toBe("it is larger than 8 MiB");
  });

  test("because it is nested deeper than 64 levels, says so", async () => {
    await using opened = await registryOf({ user: `{"providers":${"[".repeat(100)}${"]".repeat(100)}}` });
    expect(opened.registry.problems[0]?.message).toContain("deeper than 64 levels");
  });

  test("because its JSON is broken, breaks what it names and nothing else", async () => {
    await using opened = await registryOf({
      user: '{ "providers": {\n  "google": { "client_id": "x" },\n  "acme": { "issuer" } } }',
    });
    expect(opened.registry.problems[0]).toMatchObject({ line: 3, message: "not valid JSON: colon expected" });
    expect(() => opened.registry.resolve("google", {})).toThrow(
      "providers.json:2:3: /providers/google: it stands in a file that is not valid JSON: colon expected at line 3",
    );
    expect(opened.registry.resolve("openai", {}).id).toBe("openai");
  });

  test("because KEYFOB_REGISTRY names none, is a problem; else no file is fine", async () => {
    await using opened = await registryOf({});
    expect(opened.registry.problems).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), "keyfob-registry-"));
    const environment = { KEYFOB_HOME: folder, KEYFOB_REGISTRY: join(folder, "missing.json") };
    const paths = resolvePaths({ environment, platform: "linux", homeFolder: folder });
    const registry = await openRegistry({ paths, systemFile: opened.systemFile });
    expect(registry.problems[0]?.message).toBe("there is no such file");
    await writeFile(paths.registryFile, JSON.stringify(providers({ acme: ACME })), { mode: 0o600 });
    const found = await openRegistry({ paths, systemFile: opened.systemFile });
    expect(found.has("acme")).toBe(true);
    await rm(folder, { recursive: true });
  });
});

describe("a file that others can read", () => {
  test("is closed to them with a notice, in the folder too; the administrator's is left as it is", async () => {
    const secret = providers({ acme: { ...ACME, client_secret: "hush" } });
    await using opened = await registryOf({ user: secret, system: secret, folder: { "a.json": secret } });
    const { paths, systemFile } = opened;
    const user = [paths.registryFile, join(paths.registryFolder!, "a.json")];
    for (const path of [...user, systemFile]) await chmod(path, 0o644);
    const notices: string[] = [];
    const open = () => openRegistry({ paths, systemFile, notice: (text) => void notices.push(text) });
    expect((await open()).resolve("acme", {}).client_secret).toBe("hush");
    expect(notices).toEqual(
      user.map((path) => `"${path}" could be read by other users: it is now yours alone`),
    );
    for (const path of user) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(systemFile)).mode & 0o777).toBe(0o644);
    await open();
    expect(notices).toHaveLength(2);
  });
});
