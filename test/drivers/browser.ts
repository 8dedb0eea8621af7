/**
 * A real Chromium, and a person who signs in with it.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { ALICE, type Person } from "../servers/person.ts";

/** No traffic of Chromium's own; `--no-sandbox` because containers and CI run as root. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts Chromium: `CHROMIUM`, else `/usr/bin/chromium`.
 *
 * @throws where it is not there, with how to install it
 */
export async function openChromium(): Promise<Browser> {
  const executablePath = Bun.env["CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `Chromium is not at "${executablePath}": install it (apt-get install chromium) or set CHROMIUM to its path`,
    );
  }
  return await chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Opens `url`, signs in, decides, and ends on the page that the client's callback leads to. */
export async function signInWithBrowser(page: Page, url: string, person: Person = ALICE): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Name").fill(person.login);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const decision = person.decision === "allow" ? "Allow" : "Deny";
  await page.getByRole("button", { name: decision, exact: true }).click();
  await page.waitForURL((address) => address.origin !== new URL(url).origin);
  await page.waitForLoadState();
}
