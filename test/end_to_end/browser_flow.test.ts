/**
 * A person with a browser logs in: real Chromium against a real authorization server.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { openChromium, signInWithBrowser } from "../drivers/browser.ts";
import { publicEntry, readToken, startLogin } from "../drivers/login.ts";
import { createSandbox, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";
import { ALICE } from "../servers/person.ts";

let server: OidcServer;
let browser: Browser;
let pictures: string;
const used = new AsyncDisposableStack();

beforeAll(async () => {
  [server, browser] = await Promise.all([startOidcServer(), openChromium()]);
  pictures = await mkdtemp(join(tmpdir(), "keyfob-pictures-"));
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});

afterAll(async () => {
  await used.disposeAsync();
  await browser.close();
  await server[Symbol.asyncDispose]();
});

async function sandboxWithAccount(environment: Record<string, string> = {}): Promise<Sandbox> {
  const sandbox = used.use(await createSandbox(environment));
  await sandbox.writeRegistry({ local: publicEntry(server) });
  return sandbox;
}

async function openPage(options: { dark?: boolean; phone?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({
    colorScheme: options.dark === true ? "dark" : "light",
    viewport: options.phone === true ? { width: 360, height: 640 } : { width: 1100, height: 700 },
  });
  return await context.newPage();
}

async function photograph(page: Page, name: string): Promise<void> {
  const path = join(pictures, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  console.log(`Picture: ${path}`);
}

test("the person signs in and ends on a page that says who they are; the token works (STANDARDS 1, 75)", async () => {
  const sandbox = await sandboxWithAccount();
  const page = await openPage();
  const { running, url } = await startLogin(sandbox, ["local", "--no-browser"]);
  await signInWithBrowser(page, url.href);
  expect(await page.getByRole("status").innerText()).toContain("alice");
  expect(await page.locator("body").innerText()).toMatch(/close this (?:tab|window|page)/i);
  await photograph(page, "success-light");
  const { status, stderr } = await running.outcome;
  expect(stderr).toContain("alice");
  expect(status).toBe(0);
  const userinfo = await server.userinfo(await readToken(sandbox, ["local"]));
  expect(userinfo).toMatchObject({ status: 200, body: { sub: "alice" } });
});

test("the code is neither in the address bar nor in the history (STANDARDS 74)", async () => {
  const page = await openPage();
  const { running, url } = await startLogin(await sandboxWithAccount(), ["local", "--no-browser"]);
  await signInWithBrowser(page, url.href);
  expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/done\/[\w-]{20,}$/);
  const history = await page.evaluate(() =>
    (globalThis as unknown as { navigation: { entries(): { url: string }[] } }).navigation
      .entries()
      .map((entry) => entry.url),
  );
  expect(history.filter((address) => address.includes("code="))).toEqual([]);
  await running.outcome;
});

test("the page asks nobody else for anything and may not be framed, kept or scripted (STANDARDS 73)", async () => {
  const page = await openPage({ dark: true, phone: true });
  const { running, url } = await startLogin(await sandboxWithAccount(), ["local", "--no-browser"]);
  const requests: string[] = [];
  const problems: string[] = [];
  page.on("request", (request) => requests.push(new URL(request.url()).hostname));
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  const arrival = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith("/done/"));
  await signInWithBrowser(page, url.href);
  const headers = await (await arrival).allHeaders();
  expect(headers["cache-control"]).toContain("no-store");
  expect(headers["referrer-policy"]).toBe("no-referrer");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(new Set(requests)).toEqual(new Set(["127.0.0.1"]));
  expect(problems.filter((text) => !text.includes("favicon") && !text.includes("404"))).toEqual([]);
  await photograph(page, "success-dark-phone");
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await running.outcome;
});

test("a person who says no ends on a page that says so, and the login is refused (STANDARDS 75)", async () => {
  const page = await openPage();
  const { running, url } = await startLogin(await sandboxWithAccount(), ["local", "--no-browser"]);
  await signInWithBrowser(page, url.href, { ...ALICE, decision: "deny" });
  const text = await page.locator("body").innerText();
  expect(text).not.toMatch(/you are logged in/i);
  expect(text).toMatch(/refused|denied|said no|declined|not allowed/i);
  await photograph(page, "refused");
  const { status, stdout } = await running.outcome;
  expect(status).toBe(5);
  expect(stdout).toBe("");
});

test("on a machine with a browser, keyfob opens the address in it", async () => {
  const sandbox = await sandboxWithAccount({ DISPLAY: ":99" });
  const opened = join(sandbox.folder, "opened");
  const opener = join(sandbox.folder, "opener");
  await Bun.write(opener, `#!/bin/sh\nprintf '%s' "$1" > ${opened}.new && mv ${opened}.new ${opened}\n`);
  await chmod(opener, 0o700);
  const running = used.use(
    await sandbox.start(["login", "local", "--method", "browser"], { environment: { BROWSER: opener } }),
  );
  while (!(await Bun.file(opened).exists())) await Bun.sleep(20);
  const page = await openPage();
  await signInWithBrowser(page, await Bun.file(opened).text());
  expect((await running.outcome).status).toBe(0);
});

test("a browser that keeps its connection open does not hold the program (STANDARDS 76)", async () => {
  const page = await openPage();
  const { running, url } = await startLogin(await sandboxWithAccount(), ["local", "--no-browser"]);
  await signInWithBrowser(page, url.href);
  const start = performance.now();
  expect((await running.outcome).status).toBe(0);
  expect(performance.now() - start).toBeLessThan(3000);
});
