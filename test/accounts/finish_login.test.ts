/**
 * Begun logins: finished, tried again, used up.
 *
 * @module
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { finishLogin } from "../../src/accounts/finish_login.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import { failureOf } from "../oauth/fixtures.ts";
import {
  ACME,
  address,
  begin,
  type Bench,
  createBench,
  entryAt,
  expectUsed,
  finish,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

async function bench(entry: object = {}): Promise<Bench> {
  return await createBench({ acme: entryAt(provider.origin, entry) });
}

test("the whole address finishes the login and stores it with who it is", async () => {
  await using installation = await bench();
  const attempt = await begin(installation);
  const { name, session } = await finish(installation, address(attempt));
  expect(name).toEqual(ACME);
  expect(session).toMatchObject({ subject: "1", display: "alice", tokens: { accessToken: "access-1" } });
  expect(provider.seen[0]?.form).toMatchObject({
    code: "the-code",
    code_verifier: attempt.codeVerifier ?? "",
    redirect_uri: attempt.redirectUri,
  });
  const stored = await (await installation.vault()).find(ACME);
  expect(stored?.session.client).toEqual({
    clientId: "client",
    authMethod: "none",
    origins: [provider.origin],
  });
});

test("a bare code is enough where one login is open", async () => {
  await using installation = await bench();
  await begin(installation);
  expect((await finish(installation, "the-bare-code")).name).toEqual(ACME);
});

test("a bare code with several logins open needs --state", async () => {
  await using installation = await bench();
  const [first, second] = [await begin(installation), await begin(installation, { label: "work" })];
  const failure = await failureOf(() => finish(installation, "the-bare-code"));
  expect(failure).toMatchObject({ code: "ambiguous_answer", exitStatus: 2 });
  expect(failure.message).toContain("acme, acme/work");
  expect((await finish(installation, "the-bare-code", { state: second.state })).name.label).toBe("work");
  expect((await finish(installation, address(first))).name.label).toBe("default");
});

test("an answer and --state that contradict each other are refused, and nothing is used up", async () => {
  await using installation = await bench();
  const attempt = await begin(installation);
  expect(await failureOf(() => finish(installation, address(attempt), { state: "other" }))).toMatchObject({
    code: "state_mismatch",
  });
  await finish(installation, address(attempt));
});

describe("says of a state that it is", () => {
  test("used", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    await finish(installation, address(attempt));
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({
      code: "attempt_used",
      exitStatus: 4,
    });
    expect(provider.asked().filter((path) => path === "/token")).toHaveLength(1);
  });

  test("expired", async () => {
    await using installation = await bench();
    const attempt = await begin(installation, { timeoutSeconds: 0 });
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({
      code: "attempt_expired",
      exitStatus: 4,
    });
  });

  test("unknown", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    const failure = { code: "attempt_unknown", exitStatus: 4 };
    expect(
      await failureOf(() => finish(installation, address({ ...attempt, state: "nobody-began-this-login" }))),
    ).toMatchObject(failure);
    await finish(installation, address(attempt));
    expect(await failureOf(() => finish(installation, "the-bare-code"))).toMatchObject(failure);
  });
});

describe("the attempt stays open where no code was spent:", () => {
  const texts: readonly (readonly [what: string, text: (attempt: Attempt) => string])[] = [
    ["prose", () => "hello there"],
    ["nothing", () => ""],
    ["the address to open", ({ url }) => url],
    ["an address of another place", ({ state }) => `https://elsewhere.example/?code=x&state=${state}`],
    ["an address without a code", ({ redirectUri, state }) => `${redirectUri}?state=${state}`],
    ["an address without the state", ({ redirectUri }) => `${redirectUri}?code=abcdef`],
  ];
  test.each(texts)("%s", async (_what, text) => {
    await using installation = await bench();
    const attempt = await begin(installation);
    const failure = await failureOf(() => finish(installation, text(attempt), { state: attempt.state }));
    expect(failure).toMatchObject({ exitStatus: 1 });
    expect(provider.seen).toEqual([]);
    expect((await finish(installation, address(attempt))).name).toEqual(ACME);
  });

  test("a code that the provider does not know: mistyped", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    const { "/token": usual } = provider.answers;
    provider.answers["/token"] = () => Response.json({ error: "invalid_grant" }, { status: 400 });
    expect(await failureOf(() => finish(installation, "mistyped-code"))).toMatchObject({
      code: "invalid_grant",
    });
    provider.answers["/token"] = usual ?? (() => new Response());
    await finish(installation, address(attempt));
  });

  test("a provider that could not be reached, and one that was too busy", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    const { "/token": usual } = provider.answers;
    provider.answers["/token"] = () => new Response(null, { status: 503 });
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({ exitStatus: 3 });
    provider.answers["/token"] = usual ?? (() => new Response());
    await finish(installation, address(attempt));
  });

  test("a registry that moved since: exit 2, nothing sent", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    await using elsewhere = startProvider();
    await installation.write({ acme: entryAt(elsewhere.origin) });
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({
      code: "provider_changed",
      exitStatus: 2,
    });
    expect(elsewhere.seen).toEqual([]);
    await installation.write({ acme: entryAt(provider.origin) });
    await finish(installation, address(attempt));
  });

  test("an answer given as an argument where PKCE is off", async () => {
    await using installation = await bench({ pkce: "off" });
    const attempt = await begin(installation);
    expect(await failureOf(() => finish(installation, address(attempt), { isExposed: true }))).toMatchObject({
      code: "exposed_answer",
      exitStatus: 2,
    });
    expect(provider.seen).toEqual([]);
    await finish(installation, address(attempt));
  });
});

describe("the attempt is over where it was used:", () => {
  test("the person said no", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    const refusal = `${attempt.redirectUri}?error=access_denied&state=${attempt.state}`;
    expect(await failureOf(() => finish(installation, refusal))).toMatchObject({ exitStatus: 5 });
    await expectUsed(installation, attempt);
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({
      message: "Cannot finish this login: it was tried already, and failed",
      hint: "begin again: keyfob login acme --begin",
    });
  });

  test("the provider may have acted on the code", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    provider.answers["/token"] = () => new Response(null, { status: 502 });
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({ exitStatus: 3 });
    await expectUsed(installation, attempt);
  });

  test("the answer of the provider did not hold up", async () => {
    await using installation = await bench();
    const attempt = await begin(installation);
    provider.answers["/token"] = () => Response.json({ access_token: "two words" });
    expect(await failureOf(() => finish(installation, address(attempt)))).toMatchObject({
      code: "bad_token",
    });
    await expectUsed(installation, attempt);
  });
});

describe("metadata that cannot be had, and may promise that answers name their issuer (STANDARDS 31),", () => {
  const WELL_KNOWN = "/.well-known/oauth-authorization-server";
  const metadata = (more: object = {}) => Response.json({ issuer: provider.origin, ...more });
  const entry = (): object => ({ issuer: provider.origin, scopes: [] });
  const busy = (): Response => new Response(null, { status: 503 });

  test("is asked for once more when the answer is there", async () => {
    await using installation = await bench(entry());
    let asked = 0;
    provider.answers[WELL_KNOWN] = () => ((asked += 1) % 2 === 1 ? busy() : metadata());
    const attempt = await begin(installation);
    asked = 0;
    expect((await finish(installation, address(attempt))).name).toEqual(ACME);
  });

  test("keeps the answer until it is there: the code is not spent, and the login stays open", async () => {
    await using installation = await bench(entry());
    provider.answers[WELL_KNOWN] = busy;
    const attempt = await begin(installation);
    const silent = address(attempt);
    expect(await failureOf(() => finish(installation, silent))).toMatchObject({
      code: "issuer_unknown",
      exitStatus: 3,
    });
    expect(provider.asked()).not.toContain("/token");
    provider.answers[WELL_KNOWN] = () => metadata({ authorization_response_iss_parameter_supported: true });
    expect(await failureOf(() => finish(installation, silent))).toMatchObject({ code: "issuer_mismatch" });
    provider.answers[WELL_KNOWN] = busy;
    await finish(installation, `${silent}&iss=${encodeURIComponent(provider.origin)}`);
  });

  test("is done without where there is none", async () => {
    await using installation = await bench(entry());
    delete provider.answers[WELL_KNOWN];
    const attempt = await begin(installation);
    expect((await finish(installation, address(attempt))).name).toEqual(ACME);
  });
});

test("an answer is used once, however many finish at the same time", async () => {
  await using installation = await bench();
  const attempt = await begin(installation);
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, () => finish(installation, address(attempt))),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(provider.asked().filter((path) => path === "/token")).toHaveLength(1);
});

test("whoever comes too late leaves the login to the one that sends its code, and may give it back", async () => {
  await using installation = await bench();
  const attempt = await begin(installation);
  const { answer } = provider;
  const [late, busy] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  provider.answer = async () => {
    late.resolve();
    await busy.promise;
    return new Response(null, { status: 503 });
  };
  const registry = async () => {
    await late.promise;
    return installation.services.registry();
  };
  const services = { ...installation.services, registry };
  const overtaken = failureOf(() => finishLogin(services, { text: address(attempt), isExposed: false }));
  const first = failureOf(() => finish(installation, address(attempt)));
  expect(await overtaken).toMatchObject({ code: "attempt_used" });
  busy.resolve();
  expect(await first).toMatchObject({ exitStatus: 3 });
  provider.answer = answer;
  expect((await finish(installation, address(attempt))).name).toEqual(ACME);
});

test("a store that cannot be opened says so before the code is spent", async () => {
  await using installation = await bench({ client_secret_use: "none" });
  const attempt = await begin(installation);
  let opened = 0;
  const services = {
    ...installation.services,
    vault: async () => {
      opened += 1;
      if (opened > 1) throw new Error("the store cannot be opened");
      return installation.vault();
    },
  };
  await failureOf(() => finishLogin(services, { text: address(attempt), isExposed: false }));
  expect(provider.seen).toEqual([]);
});
