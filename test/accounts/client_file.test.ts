import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pathIn, readClientFile } from "../../src/accounts/client_file.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keyfob-client-"));
});

afterAll(() => rm(folder, { recursive: true }));

async function read(content: unknown) {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  await Bun.write(path, typeof content === "string" ? content : JSON.stringify(content));
  const { path: _path, ...client } = await readClientFile(path);
  return client;
}

describe("readClientFile()", () => {
  test("takes what Google offers for desktop apps", async () => {
    const installed = { client_id: "id", client_secret: "secret", token_uri: "https://evil.example" };
    expect(await read({ installed })).toEqual({ clientId: "id", clientSecret: "secret", isWeb: false });
  });

  test("takes a web client, and says that it is one", async () => {
    expect(await read({ web: { client_id: "id" } })).toEqual({ clientId: "id", isWeb: true });
  });

  test("takes fields at the top, as dynamic registration answers them", async () => {
    expect(await read({ client_id: "id", client_secret: "" })).toEqual({ clientId: "id", isWeb: false });
  });

  test.each([
    ["{", "it is not JSON"],
    ["[]", "it holds no client_id"],
    ["null", "it is not a JSON object"],
    ['{"installed":{"client_id":5}}', "it holds no client_id"],
    ['{"installed":"x"}', "it holds no client_id"],
    [" ".repeat(70_000), "it is larger than 64 KiB"],
  ])("refuses %p", async (content, reason) => {
    await expect(read(content)).rejects.toMatchObject({
      code: "client_file",
      message: expect.stringContaining(reason),
    });
  });

  test.each(["/nowhere.json", "/", "/dev/zero"])("refuses the path %p", async (path) => {
    await expect(readClientFile(path)).rejects.toMatchObject({ code: "client_file" });
  });

  test.each([
    [0o600, []],
    [0o644, ["can be read by other users: chmod go= '"]],
  ])("of mode %o: says whether others can read the secret", async (mode, expected) => {
    const path = join(folder, `${crypto.randomUUID()}.json`);
    await Bun.write(path, '{"client_id":"id","client_secret":"hush"}');
    await chmod(path, mode);
    const notices: string[] = [];
    await readClientFile(path, (text) => notices.push(text));
    expect(notices).toEqual(expected.map((text) => expect.stringContaining(text)));
  });

  test("refuses one that others may write to, and says what closes it", async () => {
    const path = join(folder, "open.json");
    await Bun.write(path, '{"client_id":"id","client_secret":"hush"}');
    await chmod(path, 0o666);
    await expect(readClientFile(path)).rejects.toMatchObject({
      code: "client_file",
      message: expect.stringContaining("other users may write to it"),
      hint: `chmod go= '${path}'`,
    });
  });

  test("says nothing of an open file without a secret", async () => {
    const path = join(folder, "public.json");
    await Bun.write(path, '{"client_id":"id"}');
    await chmod(path, 0o644);
    const notices: string[] = [];
    await readClientFile(path, (text) => notices.push(text));
    expect(notices).toEqual([]);
  });

  test("never repeats what stands in the file", async () => {
    await expect(read('{"client_secret":"hush" "x"')).rejects.not.toMatchObject({
      message: expect.stringContaining("hush"),
    });
  });
});

describe("pathIn()", () => {
  test.each([
    ["/tmp/client.json", "/tmp/client.json"],
    ["client_secret_1.json", "client_secret_1.json"],
    ["'/tmp/my client.json'", "/tmp/my client.json"],
    ["/tmp/my\\ client.json ", "/tmp/my client.json"],
    ["~/Downloads/c.json", join(homedir(), "Downloads/c.json")],
    ["./c", "./c"],
    ["C:\\Users\\me\\c.json", "C:\\Users\\me\\c.json"],
  ])("knows a path: %p", (text, path) => {
    expect(pathIn(text)).toBe(path);
  });

  test.each(["1234-abc.apps.googleusercontent.com", "app_x", "https://client.example/metadata.json", "a/b"])(
    "leaves a client id alone: %p",
    (text) => {
      expect(pathIn(text)).toBeUndefined();
    },
  );
});
