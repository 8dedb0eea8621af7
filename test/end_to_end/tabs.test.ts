/**
 * What people do with browser tabs while a login waits, in a real Chromium: none of it ends a login or leaks a code.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { openChromium } from "../drivers/browser.ts";
import { startLogin } from "../drivers/login.ts";
import { createSandbox, type Running, type Sandbox } from "../drivers/sandbox.ts";
import { type DeviceServer, startDeviceServer } from "../servers/device.ts";
import { signIn } from "../servers/person.ts";

let browser: Browser;
let server: DeviceServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = startDeviceServer();
  browser = await openChromium();
});

beforeEach(async () => {
  sandbox = await createSandbox();
  const { device_authorization_endpoint: _device, ...entry } = server.entry;
  await sandbox.writeRegistry({ local: { ...entry, redirect: { port: freePort() } } });
  server.exchangeMilliseconds = 0;
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await sandbox[Symbol.asyncDispose]();
});

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
});

function freePort(): number {
  using found = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  return Number(found.port);
}

/** A login that waits, the address that answers it, and a tab. */
async function waiting(label = "default"): Promise<{ running: Running; callback: string; page: Page }> {
  const { running, url } = await startLogin(sandbox, [`local/${label}`]);
  const page = await (await browser.newContext()).newPage();
  return { running, callback: await signIn(url.href), page };
}

test("a stale tab of an older login is told so, and the login waits on", async () => {
  const older = await waiting("older");
  older.running.signal("SIGINT");
  expect((await older.running.outcome).status).toBe(130);
  const { running, callback, page } = await waiting("newer");
  await using _running = running;
  await page.goto(older.callback);
  expect(await page.getByRole("heading").innerText()).toBe("This is not the answer keyfob waits for");
  await page.goto(callback);
  expect(await page.getByRole("heading").innerText()).toContain("You are logged in");
  expect((await running.outcome).status).toBe(0);
});

test("a browser that fetches the answer ahead does not spend it", async () => {
  const { running, callback, page } = await waiting();
  await using _running = running;
  const ahead = page.waitForEvent("request", (request) => request.url() === callback);
  const over = page.waitForEvent("requestfailed", (request) => request.url() === callback);
  const link = `<link rel="prefetch" href="${callback.replaceAll("&", "&amp;")}">`;
  using site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(`<!doctype html><title>x</title>${link}`, { headers: { "content-type": "text/html" } }),
  });
  await page.goto(`http://127.0.0.1:${site.port}/`);
  expect((await ahead).headers()["sec-purpose"]).toBe("prefetch");
  await over;
  await page.goto(callback);
  expect(await page.getByRole("heading").innerText()).toContain("You are logged in");
  expect((await running.outcome).status).toBe(0);
});

test("an answer that is sent twice, from two tabs, is spent once and both tabs tell the truth", async () => {
  server.exchangeMilliseconds = 1500;
  server.seen.length = 0;
  const { running, callback, page } = await waiting();
  await using _running = running;
  // A window of its own: within one, Chromium itself makes the second tab wait for the first.
  const other = await (await browser.newContext()).newPage();
  await Promise.all([page.goto(callback), other.goto(callback)]);
  for (const tab of [page, other]) {
    expect(await tab.getByRole("heading").innerText()).toContain("You are logged in");
  }
  expect((await running.outcome).status).toBe(0);
  expect(server.seen).toEqual(["authorization_code"]);
});

test("the page that waits may be reloaded, and then tells the truth", async () => {
  server.exchangeMilliseconds = 1200;
  const { running, callback, page } = await waiting();
  await using _running = running;
  await page.goto(callback, { waitUntil: "commit", timeout: 500 }).catch(() => {});
  await page.goto(callback);
  expect(page.url()).toMatch(/\/done\/[\w-]{22}$/);
  expect(await page.getByRole("heading").innerText()).toContain("You are logged in");
  expect((await running.outcome).status).toBe(0);
});

test("the page of a login that is over may be reloaded: nothing is sent anywhere, and no code is in its address", async () => {
  const { running, callback, page } = await waiting();
  await page.goto(callback);
  expect((await running.outcome).status).toBe(0);
  const before = server.seen.length;
  expect(page.url()).not.toContain("code=");
  await expect(page.reload()).rejects.toThrow("ERR_CONNECTION_REFUSED");
  expect(server.seen.length).toBe(before);
});

test("the back button leads to the page before, not to the code", async () => {
  const { running, callback, page } = await waiting();
  using before = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("the page before") });
  await page.goto(`http://127.0.0.1:${before.port}/`);
  await page.goto(callback);
  expect((await running.outcome).status).toBe(0);
  await page.goBack();
  expect(page.url()).toBe(`http://127.0.0.1:${before.port}/`);
});
