/**
 * What commands say to people: data on standard output, talk on standard error.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { entryAt, sessionAt, startProvider } from "../accounts/fixtures.ts";
import { createCommands } from "./fixtures.ts";

const ACME = { provider: "acme", label: "default" };
const WORK = { provider: "acme", label: "work" };

test("status is a table; what needs a login says which command", async () => {
  await using commands = await createCommands({ acme: entryAt("http://127.0.0.1:9") });
  const { refreshToken: _token, ...tokens } = sessionAt("http://127.0.0.1:9", -600).tokens;
  await commands.save(ACME, sessionAt("http://127.0.0.1:9", 3600));
  await commands.save(WORK, {
    ...sessionAt("http://127.0.0.1:9", -600),
    tokens,
    display: null,
    subject: null,
  });
  const { data, said } = await commands.run("status");
  expect(data.split("\n")).toEqual([
    "ACCOUNT    WHO      TOKEN                  REFRESH",
    expect.stringMatching(/^acme {7}alice {4}expires in (?:59|60) minutes {2}automatic$/),
    "acme/work  unknown  login needed           keyfob login acme/work",
    "",
  ]);
  expect(said.join()).toContain("Sealed with");
});

test("status with nobody logged in says how to, and writes no data", async () => {
  await using commands = await createCommands();
  const { data, said, failure } = await commands.run("status");
  expect({ data, failure }).toEqual({ data: "", failure: undefined });
  expect(said.join()).toContain("keyfob login PROVIDER");
});

test("refresh says until when, and a warning goes to standard error", async () => {
  await using provider = startProvider();
  await using commands = await createCommands({ acme: entryAt(provider.origin) });
  await commands.save(ACME, sessionAt(provider.origin, 600), 3600);
  const { data, said } = await commands.run("refresh", "acme");
  expect(data).toBe("");
  expect(said.join()).toMatch(/^Refreshed acme: expires in (?:59|60) minutes$/);
});

test("a token that is made do with comes with a warning, on standard error alone", async () => {
  await using provider = startProvider();
  await using commands = await createCommands({ acme: entryAt(provider.origin) });
  await commands.save(ACME, sessionAt(provider.origin, 30), 3600);
  provider.answers["/token"] = () => new Response(null, { status: 500 });
  const { data, said } = await commands.run("token", "acme");
  expect(data).toBe("stored-access\n");
  expect(said.join()).toContain("still works until");
  expect(said.join()).not.toContain("stored-");
});

test("logout --all ends every login, and says of each what became of it", async () => {
  await using provider = startProvider();
  await using commands = await createCommands({ acme: entryAt(provider.origin) });
  for (const name of [ACME, WORK]) await commands.save(name, sessionAt(provider.origin, 600));
  const { said } = await commands.run("logout", "--all");
  expect(said).toEqual([
    expect.stringContaining("Logged out of acme: revoked"),
    expect.stringContaining("Logged out of acme/work: revoked"),
  ]);
  expect(provider.asked()).toEqual(["/revoke", "/revoke"]);
  expect((await commands.run("status", "--json")).data).toBe("[]\n");
});

test("login --begin prints address, state, redirect and end, and finish takes the answer", async () => {
  await using provider = startProvider();
  await using commands = await createCommands({ acme: entryAt(provider.origin) });
  const { data, failure } = await commands.run("login", "acme/work", "--begin", "--timeout", "10m");
  expect(failure).toBeUndefined();
  const begun = JSON.parse(data) as Record<string, string>;
  expect(Object.keys(begun)).toEqual(["url", "state", "redirect_uri", "expires_at"]);
  expect(begun).toMatchObject({
    redirect_uri: "http://127.0.0.1:8976/callback",
    expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  const answer = `${begun["redirect_uri"]}?code=the-code&state=${begun["state"]}`;
  const finished = await commands.run("finish", answer, "--json");
  expect(JSON.parse(finished.data)).toEqual({
    event: "done",
    provider: "acme",
    account: "work",
    subject: "1",
    display: "alice",
    expires_at: expect.any(String),
  });
});

test("login --if-needed leaves a login alone that can give a token", async () => {
  await using commands = await createCommands({ acme: entryAt("http://127.0.0.1:9") });
  await commands.save(ACME, sessionAt("http://127.0.0.1:9", 3600));
  const { data, said, failure } = await commands.run("login", "acme", "--if-needed");
  expect({ data, failure }).toEqual({ data: "", failure: undefined });
  expect(said.join()).toContain("acme is logged in already");
});

test("providers list is a table of ids, where they come from and whether they are ready", async () => {
  await using commands = await createCommands({ acme: entryAt("http://127.0.0.1:9") });
  const { data } = await commands.run("providers", "list");
  const [heading, ...rows] = data.trimEnd().split("\n");
  expect(heading).toMatch(/^ID +NAME +FROM +FACTS +CLIENT$/);
  expect(rows.find((row) => row.startsWith("acme "))).toMatch(/^acme +acme +user +unverified +ready$/);
  const from = heading?.indexOf("FROM") ?? 0;
  for (const row of rows.filter((line) => /^[\x20-\x7e]+$/.test(line))) {
    expect(row.slice(from - 2)).toMatch(/^ {2}(?:built-in|user) +(?:un)?verified +/);
  }
});
