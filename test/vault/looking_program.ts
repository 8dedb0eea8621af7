/**
 * Looks at one login over and over, and says what it found: `bun looking_program.ts HOME SECONDS`.
 *
 * @module
 */
import { glanceAt } from "../../src/vault/glance.ts";
import { GOOGLE } from "./fixtures.ts";

const [folder = "", seconds = ""] = process.argv.slice(2);
const tokens = new Set<string>();
let looks = 0;
for (const end = Date.now() + Number(seconds) * 1000; Date.now() < end; looks += 1) {
  const glimpse = await glanceAt({ folder, namedKeyFile: undefined }, GOOGLE).catch(() => undefined);
  if (glimpse !== undefined) tokens.add(glimpse.session.tokens.accessToken);
}
console.log(JSON.stringify({ looks, tokens: [...tokens] }));
