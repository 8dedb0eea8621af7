/**
 * Whose login an account may become.
 *
 * @module
 */
import { beforeEach, expect, test } from "bun:test";
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
  sessionAt,
  startProvider,
  type TestProvider,
} from "./fixtures.ts";

let provider: TestProvider;
beforeEach(() => void (provider = startProvider()));

/** An installation where `subject` is logged in. */
async function bench(subject?: string | null): Promise<Bench> {
  const installation = await createBench({ acme: entryAt(provider.origin) });
  if (subject === undefined) return installation;
  const session = sessionAt(provider.origin, 600, { subject, display: subject === null ? null : "bob" });
  await installation.save(ACME, session);
  return installation;
}

test("another person may not take it over, and the old login stays", async () => {
  await using installation = await bench("2");
  const attempt = await begin(installation);
  const failure = await failureOf(() => finish(installation, address(attempt)));
  expect(failure).toMatchObject({
    code: "other_person",
    exitStatus: 5,
    hint: expect.stringContaining("--switch"),
  });
  expect(failure.message).toContain("bob");
  expect(failure.message).toContain("alice");
  expect((await (await installation.vault()).find(ACME))?.session.subject).toBe("2");
});

test("with --switch another person may", async () => {
  await using installation = await bench("2");
  const attempt = await begin(installation, { maySwitchPerson: true });
  expect((await finish(installation, address(attempt))).session.subject).toBe("1");
});

test.each(["1", null])("the same person (%p) may log in again", async (subject) => {
  await using installation = await bench(subject);
  expect((await finish(installation, address(await begin(installation)))).session.subject).toBe("1");
});

test("somebody unknown may not take it over: the old login stays, and is not revoked with the new one", async () => {
  await using installation = await bench("1");
  provider.answers["/me"] = () => new Response(null, { status: 403 });
  const attempt = await begin(installation);
  const failure = await failureOf(() => finish(installation, address(attempt)));
  expect(failure).toMatchObject({
    code: "unknown_person",
    exitStatus: 5,
    hint: expect.stringContaining("--switch"),
  });
  expect((await (await installation.vault()).find(ACME))?.session.tokens.accessToken).toBe("stored-access");
  expect(provider.asked()).not.toContain("/revoke");
  await expectUsed(installation, attempt);
  const switching = await begin(installation, { maySwitchPerson: true });
  expect((await finish(installation, address(switching))).session.subject).toBeNull();
});

test("a provider that stumbles is asked again who it is; one that stays down means: later", async () => {
  await using installation = await bench("1");
  let questions = 0;
  provider.answers["/me"] = () => {
    questions += 1;
    return questions < 3 ? new Response(null, { status: 503 }) : Response.json({ id: 1, login: "alice" });
  };
  expect((await finish(installation, address(await begin(installation)))).session.subject).toBe("1");
  expect(questions).toBe(3);
  provider.answers["/me"] = () => new Response(null, { status: 503 });
  const attempt = await begin(installation);
  const failure = await failureOf(() => finish(installation, address(attempt)));
  expect(failure).toMatchObject({ code: "unknown_person", exitStatus: 3 });
  await expectUsed(installation, attempt);
});

test("a provider that will not say who it is does not lose the login, and it is said", async () => {
  await using installation = await bench();
  provider.answers["/me"] = () => new Response(null, { status: 403 });
  const { session } = await finish(installation, address(await begin(installation)));
  expect(session).toMatchObject({ subject: null, display: null, tokens: { accessToken: "access-1" } });
  expect(installation.notices.join()).toContain("cannot say as whom");
});
