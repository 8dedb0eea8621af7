/**
 * The quick look: what it finds, when it finds nothing, and that it never finds what is over.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { glanceAt } from "../../src/vault/glance.ts";
import { GOOGLE, type Home, sessionWith, WORK } from "./fixtures.ts";
import { homeAtRest, settle } from "./settled.ts";

async function saveAnother(home: Home, accessToken: string): Promise<void> {
  const vault = await home.open();
  const session = sessionWith(3600);
  await vault.save(GOOGLE, { ...session, tokens: { ...session.tokens, accessToken } });
  await vault.close();
}

function look(home: Home, name = GOOGLE, namedKeyFile?: string) {
  return glanceAt({ folder: home.paths.dataFolder, namedKeyFile }, name);
}

/** As the caller of the look takes it: whatever goes wrong is nothing found. */
async function found(home: Home, namedKeyFile?: string): Promise<string | undefined> {
  try {
    return (await look(home, GOOGLE, namedKeyFile))?.session.tokens.accessToken;
  } catch {
    return undefined;
  }
}

function run(home: Home, statement: string): void {
  using database = new Database(home.paths.vaultFile);
  database.run(statement);
}

test("it finds what the vault finds", async () => {
  using home = await homeAtRest();
  const vault = await home.open();
  const account = (await vault.find(GOOGLE))!;
  await vault.close();
  expect(await look(home)).toEqual({
    session: account.session,
    state: account.state,
    issuedAt: account.issuedAt,
  });
});

test("it finds nothing under another name", async () => {
  using home = await homeAtRest();
  for (const name of [
    WORK,
    { provider: "", label: "" },
    { provider: "google", label: "'; DROP TABLE account" },
  ])
    expect(await look(home, name)).toBeUndefined();
});

test("it writes nothing, nor a file beside the store", async () => {
  using home = await homeAtRest();
  const folder = home.paths.dataFolder;
  const before = [readdirSync(folder), statSync(folder).mtimeMs, statSync(home.paths.vaultFile).mtimeMs];
  expect(await found(home)).toBe("access-1");
  expect([readdirSync(folder), statSync(folder).mtimeMs, statSync(home.paths.vaultFile).mtimeMs]).toEqual(
    before,
  );
});

test.each(["with space", "what? 100% #1", "ünïcode & 'quotes' \"too\"", "file:x?mode=memory"])(
  "it finds a login in a folder called %j",
  async (name) => {
    using home = await homeAtRest();
    const folder = join(home.folder, name);
    renameSync(home.paths.dataFolder, folder);
    const glimpse = await glanceAt({ folder, namedKeyFile: undefined }, GOOGLE);
    expect(glimpse?.session.tokens.accessToken).toBe("access-1");
  },
);

describe("a key", () => {
  test("named in the environment opens what it sealed, and goes before the store's own file", async () => {
    const named = join("/tmp", `keyfob-glance-${crypto.randomUUID()}`);
    writeFileSync(named, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 });
    using home = await homeAtRest({ KEYFOB_KEY_FILE: named });
    expect(await found(home, named)).toBe("access-1");
    expect(await found(home)).toBeUndefined();
    rmSync(named);
    expect(await found(home, named)).toBeUndefined();
  });

  test("that lies where the store's own would, but is not what the store records, is passed over", async () => {
    using home = await homeAtRest();
    run(home, "UPDATE store SET key_kind = 'keychain'");
    settle(home);
    expect(await found(home)).toBeUndefined();
  });

  test("of another store opens nothing", async () => {
    using home = await homeAtRest();
    using other = await homeAtRest();
    cpSync(other.paths.keyFile, home.paths.keyFile);
    expect(await found(home)).toBeUndefined();
  });

  test("in a pipe is left in it", async () => {
    using home = await homeAtRest();
    const pipe = join(home.folder, "pipe");
    expect(Bun.spawnSync(["mkfifo", "-m", "600", pipe]).exitCode).toBe(0);
    expect(await found(home, pipe)).toBeUndefined();
  });
});

describe("it finds nothing in a store", () => {
  const unusual: readonly (readonly [what: string, change: (home: Home) => void])[] = [
    ["that is absent", ({ paths }) => rmSync(paths.vaultFile)],
    ["that is empty", ({ paths }) => writeFileSync(paths.vaultFile, "")],
    ["that is a folder", ({ paths }) => (rmSync(paths.vaultFile), mkdirSync(paths.vaultFile))],
    [
      "that is a pipe",
      ({ paths }) => (rmSync(paths.vaultFile), void Bun.spawnSync(["mkfifo", "-m", "600", paths.vaultFile])),
    ],
    ["of another program", (home) => run(home, "PRAGMA application_id = 1")],
    ["of a newer version", (home) => run(home, "PRAGMA user_version = 99")],
    ["of an older version", (home) => run(home, "PRAGMA user_version = 1")],
    ["that keeps no write-ahead log", (home) => run(home, "PRAGMA journal_mode = DELETE")],
    ["without its key", ({ paths }) => rmSync(paths.keyFile)],
    ["with rubbish for a key", ({ paths }) => writeFileSync(paths.keyFile, "rubbish")],
    ["whose record was changed", (home) => run(home, "UPDATE account SET sealed = zeroblob(200)")],
    ["whose record was moved", (home) => run(home, "UPDATE account SET id = 'other'")],
    ["that says nothing of itself", (home) => run(home, "DELETE FROM store")],
    ["that others may read", ({ paths }) => chmodSync(paths.vaultFile, 0o644)],
    ["whose key others may read", ({ paths }) => chmodSync(paths.keyFile, 0o640)],
    ["in a folder that others may enter", ({ paths }) => chmodSync(paths.dataFolder, 0o711)],
    ["in everybody's folder", ({ paths }) => chmodSync(dirname(paths.vaultFile), 0o1777)],
    ["in a folder with everybody's bit", ({ paths }) => chmodSync(dirname(paths.vaultFile), 0o1700)],
    ["with a journal to be played back", ({ paths }) => writeFileSync(`${paths.vaultFile}-journal`, "x")],
    ["whose key is larger than any key", ({ paths }) => writeFileSync(paths.keyFile, "x".repeat(1025))],
  ];

  test.each(unusual)("%s", async (_what, change) => {
    using home = await homeAtRest();
    expect(await found(home)).toBe("access-1");
    change(home);
    settle(home);
    expect(await found(home)).toBeUndefined();
  });

  test("that is being written to, though its file holds an older login", async () => {
    using home = await homeAtRest();
    const vault = await home.open();
    const session = sessionWith(3600);
    await vault.save(GOOGLE, { ...session, tokens: { ...session.tokens, accessToken: "access-2" } });
    settle(home);
    expect(await found(home)).toBeUndefined();
    await vault.close();
    settle(home);
    expect(await found(home)).toBe("access-2");
  });

  test("that was written to a moment ago: a further write might not be seen by the file's time", async () => {
    using home = await homeAtRest();
    await saveAnother(home, "access-2");
    expect(await found(home)).toBeUndefined();
    settle(home);
    expect(await found(home)).toBe("access-2");
  });

  test("that was written to in the future, as a clock that was set back has it", async () => {
    using home = await homeAtRest();
    utimesSync(home.paths.vaultFile, new Date(Date.now() + 60_000), new Date(Date.now() + 60_000));
    expect(await found(home)).toBeUndefined();
  });

  test("whose writer was killed before its log was worked in", async () => {
    using home = await homeAtRest();
    await killAfter(home, "UPDATE account SET state = 'dead'");
    expect(readdirSync(home.paths.dataFolder)).toContain("vault.db-wal");
    expect(await found(home)).toBeUndefined();
  });

  test("after logout, though its pages still hold the login", async () => {
    using home = await homeAtRest();
    const vault = await home.open();
    await vault.forget(GOOGLE);
    await vault.close();
    settle(home);
    expect(await found(home)).toBeUndefined();
  });
});

/** Writes to the store in a process that is killed with its log unworked. */
async function killAfter(home: Home, statement: string): Promise<void> {
  const task = `const { Database } = require("bun:sqlite");
    new Database(${JSON.stringify(home.paths.vaultFile)}).run(${JSON.stringify(statement)});
    process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", task], { stdio: ["ignore", "ignore", "ignore"] }).exited;
  settle(home);
}

describe("behind a symbolic link", () => {
  /** The store's file goes elsewhere, and a link takes its place. */
  async function linkedHome(): Promise<Home> {
    const home = await homeAtRest();
    const target = join(home.folder, "elsewhere.db");
    renameSync(home.paths.vaultFile, target);
    symlinkSync(target, home.paths.vaultFile);
    return home;
  }

  test("a store at rest can be looked at", async () => {
    using home = await linkedHome();
    expect(await found(home)).toBe("access-1");
  });

  test("the log is looked for where SQLite keeps it: beside the target", async () => {
    using home = await linkedHome();
    await killAfter(home, "DELETE FROM account");
    expect(readdirSync(home.folder)).toContain("elsewhere.db-wal");
    expect(await found(home)).toBeUndefined();
  });
});

test("a store that is open, but written to by nobody, can be looked at", async () => {
  using home = await homeAtRest();
  const vault = await home.open();
  expect((await vault.find(GOOGLE))?.session.tokens.accessToken).toBe("access-1");
  settle(home);
  expect(await found(home)).toBe("access-1");
  await vault.close();
});
