/**
 * Takes the README's picture of the page that a browser shows after a login: the real page, in a real Chromium.
 *
 * @module
 */
import { openChromium, signInWithBrowser } from "./drivers/browser.ts";
import { publicEntry, startLogin } from "./drivers/login.ts";
import { createSandbox } from "./drivers/sandbox.ts";
import { startOidcServer } from "./servers/oidc.ts";

const PICTURE = new URL("../.github/page.png", import.meta.url).pathname;
/** CSS pixels: the card with some ground around it. */
const VIEWPORT = { width: 600, height: 420 };

await using server = await startOidcServer();
await using sandbox = await createSandbox();
await sandbox.writeRegistry({ acme: { name: "Acme", ...publicEntry(server) } });

const { running, url } = await startLogin(sandbox, ["acme"]);
await using login = running;
const browser = await openChromium();
// Two pixels for one, so that it is sharp on every screen.
const page = await browser.newPage({ viewport: VIEWPORT, deviceScaleFactor: 2, colorScheme: "light" });
await signInWithBrowser(page, url.href);
await page.getByRole("heading", { name: "You are logged in to Acme" }).waitFor();
await page.screenshot({ path: PICTURE });
await browser.close();
await login.outcome;
console.log(PICTURE);
