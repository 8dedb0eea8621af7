/**
 * Tokens that stand in the environment: whose they are.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { givenAccounts } from "../../src/accounts/given_accounts.ts";
import { freshToken } from "../../src/accounts/token.ts";
import { tokenVariable } from "../../src/accounts/token_variable.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { type Bench, createBench, entryAt } from "./fixtures.ts";

const ENTRY = entryAt("https://id.acme.example");

function tokenOf({ services }: Bench, provider: string) {
  const name = { provider, label: "default" };
  return freshToken(services, { name, minValidSeconds: 60, isMinValidAsked: false });
}

test("one that two providers share the variable of is given to neither", async () => {
  const environment = { KEYFOB_TOKEN_MY_CORP: "given", KEYFOB_TOKEN_ACME: "given" };
  await using bench = await createBench({ "my-corp": ENTRY, "my.corp": ENTRY, acme: ENTRY }, { environment });
  for (const provider of ["my-corp", "my.corp", "my_corp"]) {
    const failure = await failureOf(() => tokenOf(bench, provider));
    expect(failure).toMatchObject({ code: "variable_shared", exitStatus: 2 });
    expect(failure.message).toContain("KEYFOB_TOKEN_MY_CORP");
    expect(failure.message).toContain(`"${provider}"`);
  }
  expect((await tokenOf(bench, "acme")).tokens.accessToken).toBe("given");
});

test("one is given for an id with dots and dashes where no other provider has its variable", async () => {
  await using bench = await createBench({ acme: ENTRY }, { environment: { KEYFOB_TOKEN_MY_CORP: "given" } });
  for (const provider of ["my-corp", "my.corp"]) {
    expect((await tokenOf(bench, provider)).tokens.accessToken).toBe("given");
  }
  expect(await givenAccounts(bench.services)).toEqual([{ provider: "my-corp", label: "default" }]);
});

test.each(["url", "secret"])("what run --serve tells its child is no token of %p", async (provider) => {
  const environment = { KEYFOB_TOKEN_URL: "http://127.0.0.1:9/", KEYFOB_TOKEN_SECRET: "of the endpoint" };
  await using bench = await createBench({ [provider]: ENTRY }, { environment });
  expect(await failureOf(() => tokenOf(bench, provider))).toMatchObject({ exitStatus: 4 });
  expect(await givenAccounts(bench.services)).toEqual([]);
});

test("no two built-in providers share a variable", async () => {
  await using bench = await createBench({});
  const variables = (await bench.services.registry()).list().map(({ id }) => tokenVariable(id));
  expect(variables.length).toBeGreaterThan(10);
  expect(new Set(variables).size).toBe(variables.length);
});
