/**
 * Logins over what the vault cannot open, and a store that fails once the code is spent.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { beforeEach, expect, spyOn, test } from "bun:test";
import { join } from "node:path";
import { attemptId } from "../../src/vault/attempts.ts";
import { corruptStore } from "../../src/vault/store_trouble.ts";
import { failureOf } from "../oauth/fixtures.ts";
import {
  address,
  begin,
  createBench,
  entryAt,
  finish,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

/** Requests that brought a code. */
function codesSent(): number {
  return provider.seen.filter(({ form }) => form?.["code"] !== undefined).length;
}

function run(home: string, statement: string, ...values: string[]): void {
  using database = new Database(join(home, "vault.db"));
  database.run(statement, values);
}

test("an account whose record cannot be opened is replaced by a login, with one code", async () => {
  await using bench = await createBench({ acme: entryAt(provider.origin, {}) });
  await finish(bench, address(await begin(bench)));
  run(bench.home, "UPDATE account SET sealed = zeroblob(length(sealed))");
  const sent = codesSent();
  const { session } = await finish(bench, address(await begin(bench)));
  expect(codesSent()).toBe(sent + 1);
  const vault = await bench.vault();
  expect((await vault.list()).map((account) => account.session.tokens)).toEqual([session.tokens]);
});

test("a begun login that cannot be opened keeps no other from being finished", async () => {
  await using bench = await createBench({ acme: entryAt(provider.origin, {}) });
  const [broken, whole] = [await begin(bench), await begin(bench, { label: "work" })];
  const id = attemptId(broken.state);
  run(bench.home, "UPDATE attempt SET sealed = zeroblob(length(sealed)) WHERE id = ?", id);
  expect((await finish(bench, address(whole))).name.label).toBe("work");
});

test("where the store fails once the code is spent, the code is not sent again", async () => {
  await using bench = await createBench({ acme: entryAt(provider.origin, {}) });
  const begun = await begin(bench);
  const save = spyOn(await bench.vault(), "save").mockRejectedValueOnce(corruptStore("vault.db"));
  expect(await failureOf(() => finish(bench, address(begun)))).toMatchObject({ code: "store_corrupt" });
  expect(await failureOf(() => finish(bench, address(begun)))).toMatchObject({ code: "attempt_used" });
  expect([save.mock.calls.length, codesSent()]).toEqual([1, 1]);
});
