/**
 * Refreshes whose answers are odd: what is stored, what is handed out, and what is said of it.
 *
 * @module
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { freshToken, type HandedToken } from "../../src/accounts/token.ts";
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
beforeEach(() => void (provider = startProvider()));

/** An installation with one login whose token lives `seconds` more. */
async function loggedIn(seconds: number): Promise<Bench> {
  const bench = await createBench({ acme: entryAt(provider.origin) });
  await bench.save(ACME, sessionAt(provider.origin, seconds), 3600);
  return bench;
}

function ask({ services }: Bench): Promise<HandedToken> {
  return freshToken(services, { name: ACME, minValidSeconds: 60, isMinValidAsked: false });
}

function answer(body: object | string, status = 200): void {
  provider.answers["/token"] = () =>
    typeof body === "string" ? new Response(body, { status }) : Response.json(body, { status });
}

/** Refresh tokens that the provider was sent. */
function sent(): (string | undefined)[] {
  return provider.seen.map(({ form }) => form["refresh_token"]);
}

test("a good answer that says `error: false` is good (STANDARDS 19)", async () => {
  await using bench = await loggedIn(-5);
  answer({ access_token: "a2", refresh_token: "R2", expires_in: 3600, error: false });
  expect((await ask(bench)).tokens.accessToken).toBe("a2");
  expect((await (await bench.vault()).find(ACME))?.session.tokens.refreshToken).toBe("R2");
});

test("an answer that calls itself an error and replaces the refresh token never loses it (STANDARDS 19)", async () => {
  await using bench = await loggedIn(-5);
  answer({ access_token: "a2", refresh_token: "R2", error: "invalid_grant" });
  expect((await failureOf(() => ask(bench))).message).toContain("invalid_grant");
  answer({ access_token: "a3", expires_in: 3600 });
  expect((await ask(bench)).tokens.accessToken).toBe("a3");
  expect(sent()).toEqual(["stored-refresh", "R2"]);
});

test("a token without expires_in lives as long as the one before", async () => {
  await using bench = await loggedIn(-5);
  answer({ access_token: "a2", expires_in: 3600 });
  await ask(bench);
  answer({ access_token: "a3" });
  const { tokens } = await freshToken(bench.services, {
    name: ACME,
    minValidSeconds: 0,
    isMinValidAsked: false,
    force: true,
  });
  expect(tokens).toMatchObject({ accessToken: "a3" });
  expect((tokens.expiresAt?.getTime() ?? 0) - Date.now()).toBeWithin(3_590_000, 3_600_001);
});

describe("an error without tokens, answered as a success", () => {
  test("is no refresh that was cut off, and the next one does not say so", async () => {
    await using bench = await loggedIn(-5);
    answer({ error: "weird" });
    expect(await failureOf(() => ask(bench))).toMatchObject({ code: "weird", exitStatus: 1 });
    answer({ error: "invalid_grant" }, 400);
    const { message } = await failureOf(() => ask(bench));
    expect(message).toContain("invalid_grant");
    expect(message).not.toContain("cut off");
  });

  test.each([{ error: "temporarily_unavailable" }, "<html>sign in to the network</html>"])(
    "that passes is asked again, not read again: %p",
    async (body) => {
      await using bench = await loggedIn(-5);
      answer(body);
      expect(await failureOf(() => ask(bench))).toMatchObject({ exitStatus: 3 });
      answer({ access_token: "a2", expires_in: 3600 });
      expect((await ask(bench)).tokens.accessToken).toBe("a2");
    },
  );
});

describe("makes do with a token that is still alive:", () => {
  const cases: readonly (readonly [what: string, body: object | string, status: number])[] = [
    ["temporarily_unavailable", { error: "temporarily_unavailable" }, 400],
    ["server_error", { error: "server_error" }, 400],
    ["temporarily_unavailable, answered as a success", { error: "temporarily_unavailable" }, 200],
    ["a firewall's page", "<!DOCTYPE html><title>Blocked</title>", 403],
  ];
  test.each(cases)("%s", async (_what, body, status) => {
    await using bench = await loggedIn(30);
    answer(body, status);
    const { tokens, warning } = await ask(bench);
    expect(tokens.accessToken).toBe("stored-access");
    expect(warning).toContain("still works until");
    expect((await (await bench.vault()).find(ACME))?.session.tokens.refreshToken).toBe("stored-refresh");
  });
});

test("an answer that says `not now`, journalled by a process that died, is asked again, not read for ever", async () => {
  await using bench = await loggedIn(-5);
  const vault = await bench.vault();
  const raw = { status: 200, contentType: "", text: JSON.stringify({ error: "temporarily_unavailable" }) };
  const died = vault.fresh(ACME, {
    minValidSeconds: 60,
    refresher: {
      refresh: async (_session, tools) => {
        await tools.renewLease();
        await tools.journal(JSON.stringify(raw));
        throw new Error("killed");
      },
      recover: () => Promise.reject(new Error("never asked")),
    },
  });
  expect(await failureOf(() => died)).toMatchObject({ message: "killed" });
  expect((await ask(bench)).tokens.accessToken).toBe("access-1");
});
