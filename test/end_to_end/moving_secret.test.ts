/**
 * A login that moves takes the secret of its client along.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { logIn } from "../drivers/login.ts";
import { good, type Move, startMove, writeSecret } from "../drivers/moving.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { POST_CLIENT } from "../servers/oidc.ts";

let move: Move;

beforeEach(async () => {
  move = await startMove();
});

afterEach(() => move[Symbol.asyncDispose]());

/** Whether `text` lies open in a file of the machine's home. */
async function liesOpen(machine: Sandbox, text: string): Promise<boolean> {
  const names = await readdir(machine.home, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((path) => Bun.file(path).text()));
  return texts.some((found) => found.includes(text));
}

describe("the client's secret", () => {
  beforeEach(() => move.vps.writeRegistry({ acme: move.secretEntry() }));

  test("of --client-secret-file goes along, and lies sealed there", async () => {
    await move.laptop.writeRegistry({ acme: move.secretEntry() });
    const file = await writeSecret(move.laptop);
    await logIn(move.laptop, ["acme", "--client-id", POST_CLIENT.id, "--client-secret-file", file]);
    const { stdout, stderr } = await move.pack("acme");
    expect(stderr).toContain("The secret of its client goes along, sealed");
    await rm(move.laptop.folder, { recursive: true });
    expect((await good(move.unpack(stdout))).stderr).toContain("It brought the secret of its client");
    await good(move.vps.run(["refresh", "acme"]));
    await good(move.vps.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret, POST_CLIENT.secret]);
    expect(await liesOpen(move.vps, POST_CLIENT.secret)).toBe(false);
  });

  test.each(["literal", "env", "file"] as const)("of the registry goes along: %s", async (kind) => {
    const sources = {
      literal: POST_CLIENT.secret,
      env: { env: "ACME_SECRET" },
      file: { file: await writeSecret(move.laptop) },
    };
    await move.laptop.writeRegistry({
      acme: move.secretEntry({ client_id: POST_CLIENT.id, client_secret: sources[kind] }),
    });
    move.laptop.environment["ACME_SECRET"] = POST_CLIENT.secret;
    await logIn(move.laptop, ["acme"]);
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("goes on from the second machine to a third", async () => {
    await move.laptop.writeRegistry({
      acme: move.secretEntry({ client_id: POST_CLIENT.id, client_secret: POST_CLIENT.secret }),
    });
    await logIn(move.laptop, ["acme"]);
    await good(move.unpack((await move.pack("acme")).stdout));
    await using third = await createSandbox();
    await third.writeRegistry({ acme: move.secretEntry() });
    const there = (await good(third.run(["key", "show"]))).stdout.trim();
    const { stdout } = await good(move.vps.run(["export", "acme", "--to", there]));
    await good(third.run(["import"], { input: stdout }));
    await good(third.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("whose file is gone is told before anything is changed", async () => {
    await move.laptop.writeRegistry({ acme: move.secretEntry() });
    const file = await writeSecret(move.laptop);
    await logIn(move.laptop, ["acme", "--client-id", POST_CLIENT.id, "--client-secret-file", file]);
    await rm(file);
    const { status, stdout, stderr } = await move.laptop.run(["export", "acme", "--to", await move.key()]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`Cannot export "acme" whole: "${file}" cannot be read`);
    await writeSecret(move.laptop);
    await good(move.laptop.run(["refresh", "acme"]));
  });

  test("that a command gives stays behind, is told, and is asked for there while nothing is used up", async () => {
    const file = await writeSecret(move.laptop);
    const command = ["/bin/sh", "-c", `echo ran >> '${move.laptop.folder}/ran'; cat '${file}'`];
    await move.laptop.writeRegistry({
      acme: move.secretEntry({ client_id: POST_CLIENT.id, client_secret: { command } }),
    });
    await logIn(move.laptop, ["acme"]);
    const before = await Bun.file(join(move.laptop.folder, "ran")).text();
    const { stdout, stderr } = await move.pack("acme");
    expect(await Bun.file(join(move.laptop.folder, "ran")).text()).toBe(before);
    expect(stderr).toContain('it comes from the command "/bin/sh", which an export does not run');
    const give = `keyfob providers add acme --client-id ${POST_CLIENT.id} --client-secret-file FILE`;
    expect(stderr).toContain(give);
    const refused = await move.refusal(stdout);
    expect(refused).toMatchObject({ code: "no_secret", hint: expect.stringContaining(give) });
    expect((await move.vps.run(["status", "--json"])).stdout).toBe("[]\n");
    const there = await writeSecret(move.vps);
    await good(
      move.vps.run([
        "providers",
        "add",
        "acme",
        "--client-id",
        POST_CLIENT.id,
        "--client-secret-file",
        there,
      ]),
    );
    await good(move.unpack(stdout));
    await good(move.vps.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("that is not set in the shell of the export is told; the other machine has its own", async () => {
    const own = move.secretEntry({ client_id: POST_CLIENT.id, client_secret: { env: "ACME_SECRET" } });
    await Promise.all([move.laptop, move.vps].map((machine) => machine.writeRegistry({ acme: own })));
    await logIn(move.laptop, ["acme"], { environment: { ACME_SECRET: POST_CLIENT.secret } });
    const { stdout, stderr } = await move.pack("acme");
    expect(stderr).toContain('the environment variable "ACME_SECRET" is not set');
    await good(move.unpack(stdout));
    await good(move.vps.run(["refresh", "acme"], { environment: { ACME_SECRET: POST_CLIENT.secret } }));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
  });

  test("that the other machine has too is used from there, so that it can be changed there", async () => {
    const own = move.secretEntry({ client_id: POST_CLIENT.id, client_secret: { env: "ACME_SECRET" } });
    await Promise.all([move.laptop, move.vps].map((machine) => machine.writeRegistry({ acme: own })));
    for (const machine of [move.laptop, move.vps]) machine.environment["ACME_SECRET"] = POST_CLIENT.secret;
    await logIn(move.laptop, ["acme"]);
    const { stdout } = await move.pack("acme");
    const { stdout: json } = await good(move.vps.run(["import", "--json"], { input: stdout }));
    expect(JSON.parse(json)).toMatchObject({ client_secret: "here" });
    const { status } = await move.vps.run(["refresh", "acme"], { environment: { ACME_SECRET: "changed" } });
    expect(move.sentSecrets()).toEqual(["changed"]);
    expect(status).toBe(2);
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("of another client that the other machine keeps is left as it is", async () => {
    await move.laptop.writeRegistry({
      acme: move.secretEntry({ client_id: POST_CLIENT.id, client_secret: POST_CLIENT.secret }),
    });
    await logIn(move.laptop, ["acme"]);
    const wrong = join(move.vps.folder, "wrong");
    await Bun.write(wrong, "another secret", { mode: 0o600 });
    const add = ["providers", "add", "acme", "--client-id", "another", "--client-secret-file", wrong];
    await good(move.vps.run(add));
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
    expect(move.sentSecrets()).toEqual([POST_CLIENT.secret]);
    expect((await good(move.vps.run(["providers", "show", "acme", "--json"]))).stdout).toContain('"another"');
  });
});
