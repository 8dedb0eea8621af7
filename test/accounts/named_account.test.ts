/**
 * Messages name the account where it is meant, and not its provider alone.
 *
 * @module
 */
import { beforeEach, expect, test } from "bun:test";
import { prepareProvider } from "../../src/accounts/prepared_provider.ts";
import { failureOf } from "../oauth/fixtures.ts";
import {
  begin,
  type Bench,
  createBench,
  entryAt,
  finish,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

async function bench(entry: object = {}): Promise<Bench> {
  return await createBench({ acme: entryAt(provider.origin, entry) });
}

test("two open logins of one account are told apart by when each ends", async () => {
  await using installation = await bench();
  const first = await begin(installation, { timeoutSeconds: 300 });
  const second = await begin(installation, { timeoutSeconds: 900 });
  const failure = await failureOf(() => finish(installation, "the-bare-code"));
  for (const { expiresAt } of [first, second]) {
    expect(failure.message).toContain(`acme until ${expiresAt.toISOString().slice(0, 19)}Z`);
  }
  expect(failure).toMatchObject({ hint: expect.stringContaining("--state") });
});

test("a denied login names the account, and how to try again", async () => {
  await using installation = await bench();
  const { redirectUri, state } = await begin(installation, { label: "two" });
  const denied = `${redirectUri}?error=access_denied&state=${state}`;
  const failure = await failureOf(() => finish(installation, denied));
  expect(failure.message).toStartWith('Cannot log in to "acme/two": access was denied');
  expect(failure).toMatchObject({ hint: "to try again: keyfob login acme/two --begin" });
});

test("a login whose provider is gone is named whole", async () => {
  await using installation = await bench();
  const sealed = { authMethod: "none", origins: [] } as const;
  const gone = { provider: "gone", label: "three" };
  const failure = await failureOf(() => prepareProvider(installation.services, gone, {}, { sealed }));
  expect(failure.message).toStartWith('Cannot use the login of "gone/three": ');
});

test("a login whose provider has moved is named whole, in the command too", async () => {
  await using installation = await bench();
  const sealed = { authMethod: "none", origins: [] } as const;
  const moved = { provider: "acme", label: "three" };
  const failure = await failureOf(() => prepareProvider(installation.services, moved, {}, { sealed }));
  expect(failure.message).toStartWith('Cannot use the login of "acme/three": ');
  expect(failure).toMatchObject({ hint: expect.stringContaining("keyfob login acme/three") });
});
