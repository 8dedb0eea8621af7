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

test("logout --all with nobody logged in says that nobody is", async () => {
  await using commands = await createCommands();
  const { data, said, failure } = await commands.run("logout", "--all");
  expect({ data, said, failure }).toEqual({ data: "", said: ["Nobody is logged in"], failure: undefined });
  expect((await commands.run("logout", "--all", "--json")).data).toBe("[]\n");
});

test("rename to the name that an account has says so", async () => {
  await using commands = await createCommands({ acme: entryAt("http://127.0.0.1:9") });
  await commands.save(WORK, sessionAt("http://127.0.0.1:9", 3600));
  const { said, failure } = await commands.run("rename", "acme/work", "acme/work");
  expect({ said, failure }).toEqual({
    said: ["It is called acme/work already: nothing is changed"],
    failure: undefined,
  });
});

test("help of a command below one that has none says so, and does not promise a list", async () => {
  await using commands = await createCommands();
  expect((await commands.run("help", "providers", "add", "x")).failure).toMatchObject({
    code: "unknown_command",
    message: 'Cannot understand the command line: "keyfob providers add" has no commands',
    hint: "keyfob providers add --help says what it understands",
  });
  expect((await commands.run("help", "providers", "qqqqq")).failure?.hint).toBe(
    "keyfob providers --help lists the commands",
  );
});

test("doctor takes an account, as its usage says", async () => {
  await using commands = await createCommands();
  expect((await commands.run("doctor", "--help")).data).toStartWith(
    "Usage: keyfob doctor [options] [account]",
  );
});

test.each([80, 40])("doctor fits a terminal of %d columns, and is whole in a pipe", async (dataColumns) => {
  const entry = { acme: { ...entryAt("http://127.0.0.1:9"), token_endpoint: "http://127.0.0.1:9/token" } };
  await using piped = await createCommands(entry);
  const whole = (await piped.run("doctor", "acme")).data.trimEnd().split("\n");
  expect(whole.filter((line) => !/^(?:ok |-- |!! | {3}fix: )\S/.test(line))).toEqual([]);
  expect(whole.some((line) => line.length > 80)).toBe(true);
  await using commands = await createCommands(entry, { dataColumns });
  const lines = (await commands.run("doctor", "acme")).data.trimEnd().split("\n");
  // A path or a command is left whole, alone on its line.
  const isWhole = (line: string): boolean =>
    /^(?:ok |!! |-- | +)(?:fix: )?(?:["'(]?\S+|keyfob .*)$/.test(line);
  expect(lines.filter((line) => line.length > dataColumns && !isWhole(line))).toEqual([]);
  expect(lines.filter((line) => !/^(?:ok |-- |!! | {3}(?:fix: | {5})?)\S/.test(line))).toEqual([]);
  expect(lines.length).toBeGreaterThan(whole.length);
});
