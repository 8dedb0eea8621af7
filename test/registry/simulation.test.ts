/**
 * Every built-in entry, played by a server that holds keyfob to the entry's own rules.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { LoginRequired } from "../../src/errors.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { builtInEntries } from "../../src/registry/layers.ts";
import { createRegistry } from "../../src/registry/registry.ts";
import type { Session } from "../../src/vault/account.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { hasDeviceFlow } from "../servers/declared_request.ts";
import { bringsIdToken, canBeAsked, SUBJECT } from "../servers/simulated_tokens.ts";
import { type GoldenEntry, goldenEntry, readGolden, UPDATE_VARIABLE } from "./golden_file.ts";
import { ASKED, SimulatedHome, type SimulatedProvider } from "./simulated_login.ts";

/** Seconds that a simulated token lives, and how far a slow test, or a clock that is set meanwhile, may be off. */
const [LIFETIME, SLACK] = [3600, 30];

let home: SimulatedHome;
beforeAll(async () => {
  home = await SimulatedHome.open();
});
afterAll(() => home[Symbol.asyncDispose]());

const registry = createRegistry({ builtIn: builtInEntries(), sources: [] });
const PROVIDERS = [...builtInEntries().keys()].map((id) => registry.resolve(id, { set: ASKED[id] ?? {} }));
const golden: Record<string, GoldenEntry> = {};

describe("logs in, refreshes, says who it is, notices the end and revokes by the rules of", () => {
  for (const provider of PROVIDERS.filter(hasAddress)) {
    test(provider.id, async () => {
      const played = await home.play(provider.id, provider.client_secret_use !== "none");
      const { session } = await played.logIn("address", { listen: false });
      const token = played.simulation.accepted.find(({ purpose }) => purpose === "token");
      golden[provider.id] = goldenEntry(played.opened, token!.arrived);
      expectLogin(played, session);
      await expectRefresh(played);
      await expectEnd(played);
      await expectLogout(played);
    });
  }
});

describe("logs in and refreshes without a secret, as a native client may, at", () => {
  for (const provider of PROVIDERS.filter(hasAddress).filter((one) => one.client_secret_use === "optional")) {
    test(provider.id, async () => {
      const played = await home.play(provider.id, false);
      const { session } = await played.logIn("address", { listen: false });
      expectLogin(played, session);
      await expectRefresh(played);
      await played.forget();
    });
  }
});

describe("logs in by a device code, pending first (STANDARDS 23), at", () => {
  for (const provider of PROVIDERS.filter(hasDeviceFlow)) {
    // All at once, each in a home of its own: polls wait for a second at least.
    test.concurrent(provider.id, async () => {
      await using own = await SimulatedHome.open();
      const isSecret = provider.client_secret_use !== "none" && provider.device?.client_secret_use !== "none";
      const played = await own.play(provider.id, isSecret);
      const way = hasAddress(provider) ? "device" : "address"; // where there is no address, nobody need ask for a code
      const { session } = await played.logIn(way, { listen: false });
      if (!hasAddress(provider)) {
        const poll = played.simulation.accepted.findLast(({ purpose }) => purpose === "device.poll");
        golden[provider.id] = goldenEntry(undefined, poll!.arrived);
      }
      expectLogin(played, session);
      await expectRefresh(played);
      await expectEnd(played);
      await expectLogout(played);
    });
  }
});

describe("receives the answer on a port of its own choice (STANDARDS 5), at", () => {
  for (const provider of PROVIDERS.filter(hasAddress).filter(takesAnyPort)) {
    test(provider.id, async () => {
      const played = await home.play(provider.id, provider.client_secret_use !== "none");
      const { session } = await played.logIn("address", { listen: true });
      expectLogin(played, session);
      await played.forget();
    });
  }
});

test(`authorization addresses and token requests are those of golden.json (${UPDATE_VARIABLE}=1 writes it anew)`, async () => {
  const sorted = Object.fromEntries(Object.entries(golden).sort(([one], [other]) => (one < other ? -1 : 1)));
  expect(Object.keys(sorted)).toEqual([...builtInEntries().keys()]);
  expect(await readGolden(sorted)).toEqual(sorted);
});

function hasAddress(provider: Provider): boolean {
  return provider.authorization_endpoint !== undefined;
}

function takesAnyPort({ redirect }: Provider): boolean {
  return redirect.port === "any" && redirect.uri === undefined && redirect.https_only !== true;
}

/** Everything the answers said has arrived, and nothing but what the entry declares was sent. */
function expectLogin({ provider, simulation }: SimulatedProvider, session: Session): void {
  expect(simulation.violations).toEqual([]);
  const asked = simulation.accepted.map(({ purpose }) => purpose);
  for (const [index] of (provider.exchange ?? []).entries()) expect(asked).toContain(`exchange.${index}`);
  if (canBeAsked(provider)) expect(asked).toContain("whoami");
  expect(session.subject).toBe(knowsPerson(provider, simulation.scope) ? SUBJECT : null);
  expect(session.tokens.accessToken).toBe(simulation.values["access_token"]!);
  expect(session.tokens.refreshToken).toBe(simulation.values["refresh_token"]);
  expect(session.tokens.refreshToken !== undefined).toBe(provider.refresh !== false);
  expect(session.tokens.scope).toEqual(simulation.scope);
  expectLifetime(session);
  for (const [name, value] of Object.entries(simulation.values))
    if (name.startsWith("kept.")) expect(session.kept[name.slice("kept.".length)]).toBe(value);
}

function expectLifetime({ tokens: { expiresAt } }: Session): void {
  const seconds = ((expiresAt?.getTime() ?? 0) - Date.now()) / 1000;
  expect(seconds).toBeGreaterThan(LIFETIME - SLACK);
  expect(seconds).toBeLessThan(LIFETIME + SLACK);
}

async function expectRefresh(played: SimulatedProvider): Promise<void> {
  if (played.provider.refresh === false) return;
  const before = played.simulation.values["access_token"];
  const token = await played.refresh();
  expect(played.simulation.violations).toEqual([]);
  expect(token).toBe(played.simulation.values["access_token"]!);
  expect(token).not.toBe(before!);
  const session = await played.session();
  expect(session?.tokens.refreshToken).toBe(played.simulation.values["refresh_token"]);
  expectLifetime(session!);
}

/** An ended session is told apart from every other error, however the provider says it. */
async function expectEnd(played: SimulatedProvider): Promise<void> {
  if (played.provider.refresh === false) return;
  played.simulation.isSessionOver = true;
  expect(await failureOf(() => played.refresh())).toBeInstanceOf(LoginRequired);
  expect(played.simulation.violations).toEqual([]);
}

async function expectLogout(played: SimulatedProvider): Promise<void> {
  const { provider, simulation } = played;
  const canRevoke = (provider.revoke?.endpoint ?? provider.revocation_endpoint) !== undefined;
  const out = await played.logOut();
  expect(simulation.violations).toEqual([]);
  expect(out.revoked).toBe(canRevoke ? true : null);
  expect(simulation.accepted.at(-1)?.purpose === "revoke").toBe(canRevoke);
}

function knowsPerson(provider: Provider, scope: readonly string[]): boolean {
  const { token, access_token: accessToken } = provider.identity ?? {};
  return (
    bringsIdToken(provider, scope) ||
    canBeAsked(provider) ||
    token?.subject !== undefined ||
    accessToken !== undefined
  );
}
