/**
 * The callback as a real browser meets it.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser, Page } from "playwright-core";
import { openChromium } from "../drivers/browser.ts";
import { PATH, startCallback, STATE } from "./callback_fixture.ts";

const OUTCOME = { ok: true, who: "ada@example.com", account: "acme/default" } as const;
let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

/** A new tab, and the complaints of its console. */
async function openTab(): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  page.on("pageerror", (error) => void complaints.push(error.message));
  return { page, complaints };
}

test("the person ends on the page of the truth, and the code is not in the address (STANDARDS 74)", async () => {
  const server = await startCallback({ host: "localhost" });
  const { page, complaints } = await openTab();
  const arrived = page.goto(`${server.redirectUri}?code=secret-code&state=${STATE}`);
  await server.answer;
  await Promise.all([server.conclude(OUTCOME), arrived]);
  expect(await page.getByRole("heading").textContent()).toBe("You are logged in to Acme");
  expect(page.url()).toMatch(/\/done\/[\w-]{22}$/);
  expect(complaints).toEqual([]);
  await page.close();
});

test("an answer in the fragment arrives, and leaves the address (response_mode=fragment)", async () => {
  const server = await startCallback({ responseMode: "fragment" });
  const { page, complaints } = await openTab();
  const code = "a+b/c=&d é";
  await page.goto(`${server.redirectUri}#${new URLSearchParams({ code, state: STATE })}`, {
    waitUntil: "commit",
  });
  expect((await server.answer).parameters).toEqual({ code, state: STATE });
  await server.conclude(OUTCOME);
  await page.waitForURL(/\/done\//);
  expect(await page.getByText("ada@example.com").isVisible()).toBe(true);
  expect(complaints).toEqual([]);
  await page.close();
});

test("a token in the fragment is not sent, and the person is told (STANDARDS 17)", async () => {
  const notes: string[] = [];
  const server = await startCallback({ responseMode: "fragment", ignored: (what) => notes.push(what) });
  const { page, complaints } = await openTab();
  await page.goto(`${server.redirectUri}#access_token=t&state=${STATE}`);
  expect(await page.getByText("which is not safe").isVisible()).toBe(true);
  expect(page.url()).toBe(`http://127.0.0.1:${server.port}${PATH}`);
  expect({ notes, complaints }).toEqual({ notes: [], complaints: [] });
  await page.close();
});

test("the pages fit a narrow phone, light and dark", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const server = await startCallback();
    const page = await browser.newPage({ viewport: { width: 320, height: 560 }, colorScheme });
    const arrived = page.goto(`${server.redirectUri}?error=x&state=${STATE}`);
    await server.answer;
    const reason = `The provider said no: ${"averylongword".repeat(12)}`;
    await Promise.all([server.conclude({ ok: false, reason, hint: "keyfob login acme" }), arrived]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe(colorScheme === "light" ? "rgb(245, 244, 241)" : "rgb(19, 19, 21)");
    await page.close();
  }
});
