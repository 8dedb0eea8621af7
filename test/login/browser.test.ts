/**
 * Opening a browser through openers that are scripts of this test.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "../../src/login/browser.ts";

const ADDRESS = "https://id.acme.example/authorize?a=1&b=$(touch%20x);c='d'";
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keyfob-browser-"));
});
beforeEach(async () => {
  await rm(folder, { recursive: true });
  await Bun.$`mkdir ${folder}`;
});
afterAll(() => rm(folder, { recursive: true }));

/** A program that writes its arguments, one a line, and then does `more`. */
async function program(name: string, more = ""): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/${name}.ran'\n${more}\n`, {
    mode: 0o755,
  });
}

function ran(name: string): Promise<string> {
  return readFile(join(folder, `${name}.ran`), "utf8");
}

function open(url: string, environment: Record<string, string> = {}, platform: NodeJS.Platform = "linux") {
  return openBrowser(url, { environment: { PATH: folder, ...environment }, platform });
}

test("the address reaches the opener as one argument, without a shell", async () => {
  await program("xdg-open");
  expect(await open(ADDRESS)).toEqual({ opened: true });
  expect(await ran("xdg-open")).toBe(`${new URL(ADDRESS).href}\n`);
});

test("each system has its opener", async () => {
  for (const [platform, name, environment] of [
    ["darwin", "open", {}],
    ["linux", "wslview", { WSL_DISTRO_NAME: "Debian" }],
    ["android", "termux-open-url", { TERMUX_VERSION: "1" }],
  ] as const) {
    await program(name);
    expect(await open(ADDRESS, environment, platform)).toEqual({ opened: true });
    expect(await ran(name)).toContain("https://id.acme.example/");
  }
});

test("BROWSER goes first, with %s or without", async () => {
  await program("mine");
  expect(await open(ADDRESS, { BROWSER: "absent:mine --new %s --last" })).toEqual({ opened: true });
  expect(await ran("mine")).toBe(`--new\n${new URL(ADDRESS).href}\n--last\n`);
  expect(await open(ADDRESS, { BROWSER: "mine -x" })).toEqual({ opened: true });
  expect(await ran("mine")).toBe(`-x\n${new URL(ADDRESS).href}\n`);
});

test("no opener sees a token that keyfob was given", async () => {
  await program("mine", `/usr/bin/env > '${folder}/surroundings'`);
  await open(ADDRESS, { BROWSER: "mine", KEYFOB_TOKEN_ACME: "hush", DISPLAY: ":0" });
  const seen = await readFile(join(folder, "surroundings"), "utf8");
  expect(seen).toContain("DISPLAY=:0\n");
  expect(seen).not.toContain("hush");
});

test("a missing opener is a reason, not an error", async () => {
  expect(await open(ADDRESS)).toEqual({ opened: false, reason: "no program that opens a browser was found" });
});

test("a failing opener is a reason, and the next one is tried", async () => {
  await program("xdg-open", "exit 3");
  expect(await open(ADDRESS)).toEqual({ opened: false, reason: '"xdg-open" ended with status 3' });
  await program("gio");
  expect(await open(ADDRESS)).toEqual({ opened: true });
  expect(await ran("gio")).toStartWith("open\n");
});

test("a browser that stays open is not waited for", async () => {
  await program("xdg-open", "exec /bin/sleep 3");
  const begun = Date.now();
  expect(await open(ADDRESS)).toEqual({ opened: true });
  expect(Date.now() - begun).toBeLessThan(2000);
});

test("only web addresses are opened", async () => {
  await program("xdg-open");
  for (const url of ["file:///etc/passwd", "javascript:alert(1)", "no address", "--help"]) {
    expect(await open(url)).toEqual({ opened: false, reason: "only web addresses are opened" });
  }
  await expect(ran("xdg-open")).rejects.toThrow();
});
