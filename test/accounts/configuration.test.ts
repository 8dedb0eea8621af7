/**
 * What `config.json` may say, and what is said about the rest.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Configuration, settingsOf } from "../../src/accounts/configuration.ts";
import { readConfiguration } from "../../src/accounts/configuration_file.ts";
import { rememberMethod } from "../../src/accounts/remembered_method.ts";
import { ConfigurationError } from "../../src/errors.ts";

/** Reads `text` as a config.json; a missing file where there is no text. */
async function read(text?: string): Promise<Configuration> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-config-"));
  const file = join(folder, "config.json");
  try {
    if (text !== undefined) await Bun.write(file, text);
    return await readConfiguration(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a missing file is an empty one", async () => {
  expect(await read()).toEqual({});
  expect(await read("{}")).toEqual({});
});

test("every setting is read", async () => {
  const text = JSON.stringify({
    default_account: "google/work",
    accounts: {
      "github/default": {
        resources: ["https://git.example", "http://127.0.0.1:3000"],
        env: ["GH_TOKEN"],
        usernames: { git: "x-access-token" },
      },
    },
    hooks: {
      on_refresh: ["notify", "--quiet"],
      on_login_needed: { command: ["notify"], with_token: true },
    },
  });
  const configuration = await read(text);
  expect(configuration.defaultAccount).toEqual({ provider: "google", label: "work" });
  // The default label may be written or left out.
  expect(settingsOf(configuration, { provider: "github", label: "default" })).toEqual({
    resources: ["https://git.example", "http://127.0.0.1:3000"],
    env: ["GH_TOKEN"],
    usernames: { git: "x-access-token" },
  });
  expect(settingsOf(configuration, { provider: "github", label: "work" })).toEqual({});
  expect(configuration.hooks).toEqual({
    on_refresh: { command: ["notify", "--quiet"], withToken: false },
    on_login_needed: { command: ["notify"], withToken: true },
  });
});

test("comments and trailing commas are taken, as in the registry", async () => {
  expect(await read('{ // mine\n  "default_account": "google",\n}')).toEqual({
    defaultAccount: { provider: "google", label: "default" },
  });
});

test("a remembered method leaves comments and the rest of the file as they are", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-config-"));
  const file = join(folder, "config.json");
  try {
    await Bun.write(file, '{\n  // mine\n  "default_account": "google", // work\n}\n');
    await rememberMethod(file, "github", "device");
    const text = await Bun.file(file).text();
    expect(text).toContain('  // mine\n  "default_account": "google", // work\n');
    await rememberMethod(file, "github", "paste");
    expect((await readConfiguration(file)).method).toEqual({ github: "paste" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

const ACCOUNT_HINT = 'write PROVIDER or PROVIDER/LABEL, such as "google/work"';
const HOOK_HINT = 'a program and its arguments as a list: ["PROGRAM", "ARGUMENT"]';

test.each([
  ["", "line 1, column 1: not valid JSON: value expected", "a value stands here"],
  [
    '{"default_account": "a",\n "hooks": {',
    "line 2, column 12: not valid JSON: close brace expected",
    "cut off",
  ],
  ["[]", "line 1, column 1: must be an object, not a list", "settings as an object"],
  ['{"a": 1, "a": 2}', 'line 1, column 10: "a" stands here twice', "correct it there"],
  [
    '{"defualt_account": "google"}',
    'line 1, column 2: unknown field "defualt_account"',
    'did you mean "default_account"?',
  ],
  ['{"default_account": 1}', '"default_account": must be a string, not a number', ACCOUNT_HINT],
  ['{"default_account": "Google"}', '"default_account": must be an account', ACCOUNT_HINT],
  [
    '{\n"accounts": {"Google": {}}}',
    'line 2, column 14: "accounts": "Google" is not an account',
    ACCOUNT_HINT,
  ],
  ['{"accounts": []}', '"accounts": must be an object, not a list', "settings by account"],
  [
    '{"accounts": {"google": {"resources": ["http://example.com"]}}}',
    '"accounts.google.resources.0": must be an https origin',
    "correct it there",
  ],
  [
    '{"accounts": {"google": {"resources": ["https://a.example/b"]}}}',
    '"accounts.google.resources.0": must be an https origin',
    "correct it there",
  ],
  [
    '{"accounts": {"google": {"env": ["A-B"]}}}',
    '"accounts.google.env.0": must be the name of an environment variable',
    "correct it there",
  ],
  ['{"accounts": {"google": {"env": []}}}', '"accounts.google.env": must name a variable', '["GH_TOKEN"]'],
  [
    '{"accounts": {"google": {"usernames": {"git": "a:b"}}}}',
    '"accounts.google.usernames.git": must be printable ASCII',
    "x-access-token",
  ],
  [
    '{"accounts": {"google": {"token": "x"}}}',
    '"accounts.google": unknown field "token"',
    "known: resources, env, usernames",
  ],
  [
    '{"hooks": {"on_refresh": "notify"}}',
    'line 1, column 26: "hooks.on_refresh": a string does not fit here',
    HOOK_HINT,
  ],
  ['{"hooks": {"on_refresh": []}}', '"hooks.on_refresh": must name a program', HOOK_HINT],
  ['{"hooks": {"on_refrsh": ["a"]}}', '"hooks": unknown field "on_refrsh"', 'did you mean "on_refresh"?'],
  [
    '{"hooks": {"on_refresh": {"comand": ["a"]}}}',
    '"hooks.on_refresh": unknown field "comand"',
    'did you mean "command"?',
  ],
  ['{"method": {"acme": "past"}}', '"method.acme": "past" is not known here', 'did you mean "paste"?'],
])("%s is refused: %s; hint: %s", async (text, said, hint) => {
  const failure: unknown = await read(text).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ConfigurationError);
  expect((failure as ConfigurationError).message).toStartWith('Cannot use "');
  expect((failure as ConfigurationError).message).toContain(said);
  expect((failure as ConfigurationError).hint).toContain(hint);
});
