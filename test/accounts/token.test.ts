/**
 * Handing out tokens: stored, refreshed, made do with, or refused.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { logOut } from "../../src/accounts/log_out.ts";
import { freshToken, givenToken, soleAccount, type TokenRequest } from "../../src/accounts/token.ts";
import { failureOf } from "../oauth/fixtures.ts";
import {
  ACME,
  type Bench,
  createBench,
  entryAt,
  sessionAt,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
let other: TestProvider;
beforeAll(() => void (other = startProvider()));
beforeEach(() => void (provider = startProvider()));
afterAll(() => other[Symbol.asyncDispose]());

/** An installation with one login whose token lives `seconds` more. */
async function loggedIn(seconds: number, entry: object = {}): Promise<Bench> {
  const bench = await createBench({ acme: entryAt(provider.origin, entry) });
  await bench.save(ACME, sessionAt(provider.origin, seconds), 3600);
  return bench;
}

function ask({ services }: Bench, more: Partial<TokenRequest> = {}) {
  return freshToken(services, { name: ACME, minValidSeconds: 60, isMinValidAsked: false, ...more });
}

test("a token that lives long enough is handed out, and nobody is asked", async () => {
  await using bench = await loggedIn(600);
  expect((await ask(bench)).tokens.accessToken).toBe("stored-access");
  expect(provider.seen).toEqual([]);
});

test("a token that does not is refreshed once, and the rotated refresh token is stored (STANDARDS 19)", async () => {
  await using bench = await loggedIn(30);
  const { tokens, warning } = await ask(bench);
  expect({ token: tokens.accessToken, warning }).toEqual({ token: "access-1", warning: undefined });
  expect(provider.seen[0]?.form).toEqual({
    grant_type: "refresh_token",
    client_id: "client",
    refresh_token: "stored-refresh",
  });
  const account = await (await bench.vault()).find(ACME);
  expect(account?.session.tokens.refreshToken).toBe("refresh-1");
  expect((await ask(bench)).tokens.accessToken).toBe("access-1");
  expect(provider.asked()).toEqual(["/token"]);
});

test("a provider whose tokens live shorter than the minimum gets a warning, not a refresh at every call", async () => {
  await using bench = await createBench({ acme: entryAt(provider.origin) });
  await bench.save(ACME, sessionAt(provider.origin, 30));
  const { tokens, warning } = await ask(bench);
  expect(tokens.accessToken).toBe("stored-access");
  expect(warning).toContain("shorter than 60 seconds");
  expect(provider.seen).toEqual([]);
});

test("force refreshes also what would do", async () => {
  await using bench = await loggedIn(600);
  expect((await ask(bench, { force: true })).tokens.accessToken).toBe("access-1");
});

describe("a refresh that fails for now", () => {
  const busy = (): void => void (provider.answers["/token"] = () => new Response(null, { status: 500 }));

  test("makes do with a token that is still alive, and says so", async () => {
    await using bench = await loggedIn(30);
    busy();
    const { tokens, warning } = await ask(bench);
    expect(tokens.accessToken).toBe("stored-access");
    expect(warning).toContain("still works until");
  });

  test("does not where --min-valid was given", async () => {
    await using bench = await loggedIn(30);
    busy();
    expect(await failureOf(() => ask(bench, { isMinValidAsked: true }))).toMatchObject({ exitStatus: 3 });
  });

  test("does not where the token is over", async () => {
    await using bench = await loggedIn(-5);
    busy();
    expect(await failureOf(() => ask(bench))).toMatchObject({ exitStatus: 3 });
  });

  test("does not where a refresh was asked for", async () => {
    await using bench = await loggedIn(30);
    busy();
    expect(await failureOf(() => ask(bench, { force: true }))).toMatchObject({ exitStatus: 3 });
  });
});

test("a refresh token that the provider ended needs a login, once and for all", async () => {
  await using bench = await loggedIn(-5);
  provider.answers["/token"] = () => Response.json({ error: "invalid_grant" }, { status: 400 });
  expect(await failureOf(() => ask(bench))).toMatchObject({ exitStatus: 4, hint: "keyfob login acme" });
  expect(await failureOf(() => ask(bench))).toMatchObject({ exitStatus: 4 });
  expect(provider.asked()).toEqual(["/token"]);
});

test("a client that the provider refuses is an error of configuration, and the login lives on", async () => {
  await using bench = await loggedIn(-5);
  const { "/token": usual } = provider.answers;
  provider.answers["/token"] = () => Response.json({ error: "invalid_client" }, { status: 401 });
  expect(await failureOf(() => ask(bench))).toMatchObject({ exitStatus: 2, code: "invalid_client" });
  provider.answers["/token"] = usual ?? (() => new Response());
  expect((await ask(bench)).tokens.accessToken).toStartWith("access-");
});

test("an answer that fails a check hands nothing out, and keeps its refresh token", async () => {
  await using bench = await loggedIn(-5);
  provider.answers["/token"] = () => Response.json({ access_token: "two words", refresh_token: "rotated" });
  expect(await failureOf(() => ask(bench))).toMatchObject({ code: "bad_token" });
  const account = await (await bench.vault()).find(ACME);
  expect(account?.session).toMatchObject({ quarantined: true, tokens: { refreshToken: "rotated" } });
});

test("a login made while metadata could not be had is refreshed without what metadata adds", async () => {
  await using bench = await loggedIn(30, {
    issuer: provider.origin,
    revocation_endpoint: undefined,
    scopes: [],
  });
  provider.answers["/.well-known/oauth-authorization-server"] = () =>
    Response.json({ issuer: provider.origin, revocation_endpoint: `${other.origin}/revoke` });
  expect((await ask(bench)).tokens.accessToken).toBe("access-1");
  expect(provider.asked()).toContain("/.well-known/oauth-authorization-server");
  // Ending it does ask the endpoint that is new, so it is not sent there, and that is said.
  expect((await logOut(bench.services, ACME, { localOnly: false })).reason).toContain(other.origin);
});

describe("a registry that moved since the login (SAFETY.md)", () => {
  const moved = async (bench: Bench, entry: object): Promise<Error> => {
    await bench.write({ acme: entry });
    other.seen.splice(0);
    const failure = await failureOf(() => ask(bench));
    expect(failure).toMatchObject({ code: "provider_changed", exitStatus: 2 });
    expect([...provider.seen, ...other.seen]).toEqual([]);
    expect((await (await bench.vault()).find(ACME))?.session.tokens.refreshToken).toBe("stored-refresh");
    return failure;
  };

  test.each(["token_endpoint", "revocation_endpoint"])(
    "in its %s: exit 2 naming both, nothing sent, nothing deleted",
    async (field) => {
      await using bench = await loggedIn(-5);
      const { message } = await moved(bench, entryAt(provider.origin, { [field]: `${other.origin}/x` }));
      expect(message).toContain(provider.origin);
      expect(message).toContain(other.origin);
    },
  );

  test("in its issuer: metadata of the new place is not even asked for", async () => {
    await using bench = await loggedIn(-5);
    await moved(bench, entryAt(provider.origin, { issuer: other.origin, scopes: [] }));
  });

  test("to a place that is not there: still exit 2", async () => {
    await using bench = await loggedIn(-5);
    await moved(bench, { client_id: "client", issuer: "http://127.0.0.1:9" });
  });

  test("in its client", async () => {
    await using bench = await loggedIn(-5);
    const { message } = await moved(bench, entryAt(provider.origin, { client_id: "another" }));
    expect(message).toContain('"client"');
    expect(message).toContain('"another"');
  });

  test("hands out a token that is alive all the same", async () => {
    await using bench = await loggedIn(600);
    await bench.write({ acme: entryAt(other.origin) });
    expect((await ask(bench)).tokens.accessToken).toBe("stored-access");
  });
});

describe("KEYFOB_TOKEN_<PROVIDER>", () => {
  const name = { provider: "my-corp.idp", label: "default" };

  test("is handed out as it is, without vault and registry", async () => {
    const never = (): never => {
      throw new Error("opened");
    };
    const services = { environment: { KEYFOB_TOKEN_ACME: "given" }, vault: never, registry: never };
    await using bench = await createBench({}, services);
    const request = { name: ACME, minValidSeconds: 60, isMinValidAsked: true };
    expect(await freshToken(bench.services, request)).toEqual({
      name: ACME,
      variable: "KEYFOB_TOKEN_ACME",
      tokens: { accessToken: "given", tokenType: "Bearer", scope: [] },
    });
  });

  test("is not refreshed: exit 2 names the variable", async () => {
    await using bench = await createBench({}, { environment: { KEYFOB_TOKEN_MY_CORP_IDP: "given" } });
    const request = { name, minValidSeconds: 0, isMinValidAsked: true, force: true };
    const failure = await failureOf(() => freshToken(bench.services, request));
    expect(failure).toMatchObject({ exitStatus: 2, code: "given_token" });
    expect(failure.message).toContain("KEYFOB_TOKEN_MY_CORP_IDP");
  });

  test("is for the default label alone, and not when empty", () => {
    const environment = { KEYFOB_TOKEN_ACME: "given" };
    expect(givenToken(environment, ACME)).toBeDefined();
    expect(givenToken(environment, { ...ACME, label: "work" })).toBeUndefined();
    expect(givenToken({ KEYFOB_TOKEN_ACME: "" }, ACME)).toBeUndefined();
  });
});

describe("no account named", () => {
  test("the configured default wins", async () => {
    await using bench = await loggedIn(600);
    const work = { provider: "acme", label: "work" };
    expect(await soleAccount(bench.services, work)).toEqual(work);
  });

  test("the only one is meant", async () => {
    await using bench = await loggedIn(600);
    expect(await soleAccount(bench.services, undefined)).toEqual(ACME);
  });

  test("several are listed: exit 2", async () => {
    await using bench = await loggedIn(600);
    await bench.save({ provider: "acme", label: "work" }, sessionAt(provider.origin, 600));
    const failure = await failureOf(() => soleAccount(bench.services, undefined));
    expect(failure).toMatchObject({ exitStatus: 2, code: "ambiguous_account" });
    expect(failure.message).toContain("acme, acme/work");
  });

  test("none: a login is needed", async () => {
    await using bench = await createBench({});
    expect(await failureOf(() => soleAccount(bench.services, undefined))).toMatchObject({ exitStatus: 4 });
  });

  test("none, but one token in the environment: that account is meant, as the registry writes it", async () => {
    const environment = {
      KEYFOB_TOKEN_MY_CORP_IDP: "given",
      KEYFOB_TOKEN_EMPTY: "",
      KEYFOB_TOKEN_URL: "http://127.0.0.1:1/",
      KEYFOB_TOKEN_SECRET: "of the endpoint",
    };
    await using bench = await createBench({ "my-corp.idp": entryAt(provider.origin) }, { environment });
    const name = { provider: "my-corp.idp", label: "default" };
    expect(await soleAccount(bench.services, undefined)).toEqual(name);
    await bench.write({});
    expect(await soleAccount(bench.services, undefined)).toEqual({ ...name, provider: "my-corp-idp" });
  });

  test("none, but several tokens in the environment: they are listed, exit 2", async () => {
    const environment = { KEYFOB_TOKEN_ZETA: "given", KEYFOB_TOKEN_ACME: "given" };
    await using bench = await createBench({}, { environment });
    const failure = await failureOf(() => soleAccount(bench.services, undefined));
    expect(failure).toMatchObject({
      exitStatus: 2,
      code: "ambiguous_account",
      hint: expect.stringMatching(/^keyfob token acme/),
    });
    expect(failure.message).toContain("(acme, zeta)");
  });

  test("an account that is there counts before the environment", async () => {
    const environment = { KEYFOB_TOKEN_ZETA: "given" };
    await using bench = await createBench({}, { environment });
    await bench.save(ACME, sessionAt(provider.origin, 600));
    expect(await soleAccount(bench.services, undefined)).toEqual(ACME);
  });
});

describe("an account that is not there", () => {
  const hintFor = async (bench: Bench, name: string): Promise<string | undefined> => {
    const request = { name: { provider: name, label: "default" }, minValidSeconds: 0, isMinValidAsked: true };
    const failure = await failureOf(() => freshToken(bench.services, request));
    expect(failure).toMatchObject({ exitStatus: 4, code: "unknown_account" });
    return "hint" in failure ? String(failure.hint) : undefined;
  };

  test("of an unknown provider: the nearest account is named, else the nearest provider", async () => {
    await using bench = await loggedIn(600);
    await bench.write({ acme: entryAt(provider.origin), zenith: entryAt(provider.origin) });
    expect(await hintFor(bench, "acne")).toBe("did you mean acme?");
    expect(await hintFor(bench, "zenit")).toBe("did you mean keyfob login zenith?");
    expect(await hintFor(bench, "qqqqqqqqqqqq")).toStartWith("keyfob status shows the logins: acme; ");
  });

  test("of a known provider: that is where to log in", async () => {
    await using bench = await loggedIn(600);
    await bench.write({ acme: entryAt(provider.origin), acne: entryAt(provider.origin) });
    expect(await hintFor(bench, "acne")).toBe("keyfob login acne");
  });
});
