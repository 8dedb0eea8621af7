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

test.each([
  ["", "it is not JSON"],
  ["[]", "expected object"],
  ['{"defualt_account": "google"}', '"defualt_account": is an unknown setting'],
  ['{"default_account": 1}', '"default_account"'],
  ['{"default_account": "Google"}', '"default_account": must be an account'],
  ['{"accounts": {"Google": {}}}', '"accounts.Google": is not an account'],
  ['{"accounts": {"google": {"resources": ["http://example.com"]}}}', '"accounts.google.resources.0"'],
  ['{"accounts": {"google": {"resources": ["https://a.example/b"]}}}', '"accounts.google.resources.0"'],
  ['{"accounts": {"google": {"env": ["A-B"]}}}', '"accounts.google.env.0"'],
  ['{"accounts": {"google": {"usernames": {"git": "a:b"}}}}', '"accounts.google.usernames.git"'],
  ['{"accounts": {"google": {"token": "x"}}}', '"accounts.google.token": is an unknown setting'],
  ['{"hooks": {"on_refresh": "notify"}}', '"hooks.on_refresh"'],
  ['{"hooks": {"on_refresh": []}}', '"hooks.on_refresh"'],
])("%s is refused: %s", async (text, said) => {
  const failure: unknown = await read(text).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(ConfigurationError);
  expect((failure as ConfigurationError).message).toContain(said);
});
