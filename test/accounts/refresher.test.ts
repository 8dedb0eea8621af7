/**
 * Refreshes that are interrupted.
 *
 * @module
 */
import { beforeEach, expect, test } from "bun:test";
import { freshToken } from "../../src/accounts/token.ts";
import { Interrupted } from "../../src/errors.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { ACME, createBench, entryAt, sessionAt, startProvider, type TestProvider } from "./fixtures.ts";

const REQUEST = { name: ACME, minValidSeconds: 60, isMinValidAsked: false };

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

test("an interruption lets a refresh that was sent end, so that no new refresh token is lost (STANDARDS 19)", async () => {
  await using bench = await createBench({ acme: entryAt(provider.origin) });
  await bench.save(ACME, sessionAt(provider.origin, -1));
  const ended = new AbortController();
  const { answer } = provider;
  provider.answer = async (seen) => {
    ended.abort(new Interrupted("SIGINT"));
    await Bun.sleep(100);
    return answer(seen);
  };
  await freshToken(bench.services, { ...REQUEST, signal: ended.signal });
  const stored = await (await bench.vault()).find(ACME);
  expect(stored?.session.tokens).toMatchObject({ accessToken: "access-1", refreshToken: "refresh-1" });
});

test("an interruption ends the wait for metadata, and nothing was sent", async () => {
  const entry = { issuer: provider.origin, token_endpoint: undefined };
  await using bench = await createBench({ acme: entryAt(provider.origin, entry) });
  await bench.save(ACME, sessionAt(provider.origin, -1));
  const ended = new AbortController();
  const reason = new Interrupted("SIGINT");
  provider.answer = async () => {
    ended.abort(reason);
    return new Promise<Response>(() => {});
  };
  expect(await failureOf(() => freshToken(bench.services, { ...REQUEST, signal: ended.signal }))).toBe(
    reason,
  );
  expect(provider.asked()).not.toContain("/token");
});
