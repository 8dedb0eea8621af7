/**
 * The simulator itself: it must notice every way of breaking a rule, or the simulation proves nothing.
 *
 * @module
 */
import { expect, test } from "bun:test";
import type { Provider } from "../../src/registry/provider.ts";
import { SimulatedHome } from "../registry/simulated_login.ts";

/** What the simulator complains of when keyfob follows the entry of Spotify, and the server follows `rules` instead. */
async function complaints(rules: Partial<Provider>): Promise<string> {
  await using home = await SimulatedHome.open();
  const played = await home.play("spotify", false, rules);
  await played.logIn("address", { listen: false }).catch(() => {});
  return played.simulation.violations.join("\n");
}

test("says nothing where every rule is kept", async () => {
  expect(await complaints({})).toBe("");
});

const broken: [what: string, rules: Partial<Provider>, complaint: string][] = [
  ["a parameter too many", { token: { omit: ["redirect_uri"] } }, "redirect_uri is sent"],
  ["a parameter too few", { token: { params: { audience: "api" } } }, "audience is missing"],
  ["a parameter of another name", { token: { rename: { code: "auth_code" } } }, "auth_code is missing"],
  [
    "a form where JSON is wanted",
    { token: { body: "json" } },
    "content-type application/x-www-form-urlencoded",
  ],
  ["a body where a query is wanted", { token: { body: "query" } }, "it has a body"],
  ["another method", { token: { method: "GET" } }, "method POST, not GET"],
  ["a missing header", { token: { headers: { "X-Api": "1" } } }, 'header x-api is "null", not "1"'],
  ["another address", { token_endpoint: "https://accounts.spotify.com/other" }, "no such address"],
  [
    "a wrong challenge",
    { code_challenge_methods_supported: ["S256-hex"] },
    "the challenge is not as its method says",
  ],
  ["PKCE where it is off", { pkce: "off" }, "a challenge is sent where PKCE is off"],
  [
    "scopes with another separator",
    { scopes: ["a", "b"], scope_separator: "," },
    'scope is "user-read-email"',
  ],
  [
    "a redirect to another host",
    { redirect: { host: "localhost", port: "any", path: "/callback" } },
    'redirect_uri is "http://127.0.0.1:8976/callback"',
  ],
  [
    "a redirect to another port",
    { redirect: { host: "127.0.0.1", port: [1455], path: "/callback" } },
    "port 8976 is not allowed",
  ],
  [
    "a token where none belongs",
    { whoami: { endpoint: "https://api.spotify.com/v1/me", method: "GET", auth: "none" } },
    "it is authorized, unasked",
  ],
];

for (const [what, rules, complaint] of broken) {
  test(`notices ${what}`, async () => {
    expect(await complaints(rules)).toContain(complaint);
  });
}

test("notices a verifier that does not fit the challenge", async () => {
  await using home = await SimulatedHome.open();
  const played = await home.play("spotify", false, {});
  const login = played.logIn("address", { listen: false });
  played.simulation.expectChallenge("x".repeat(43));
  await login.catch(() => {});
  expect(played.simulation.violations.join("\n")).toContain("code_verifier does not fit the challenge");
});
