/**
 * What `config.json` may say, as a zod schema.
 *
 * @module
 */
import { z } from "zod";
import { ConfigurationError, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { JsoncDocument, JsoncProblem, Place } from "../registry/jsonc.ts";
import { misfits, type PlacedText } from "../registry/misfits.ts";
import { Usernames, VARIABLE_NAME } from "../registry/schema.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { AccountSettings, Configuration, Hook } from "./configuration.ts";
import { originOf } from "./resource_origin.ts";

const ACCOUNT_HINT = 'write PROVIDER or PROVIDER/LABEL, such as "google/work"';

const Account = z.string().transform((text, context) => {
  try {
    return parseAccountName(text);
  } catch (failure) {
    if (!(failure instanceof UsageError)) throw failure;
    context.addIssue({ code: "custom", message: 'must be an account, such as "google/work"' });
    return z.NEVER;
  }
});

const Command = z
  .array(z.string(), {
    error: 'must be a list: the program, then its arguments, such as ["notify-send", "hello"]',
  })
  .min(1, { error: 'must name a program, such as ["notify-send", "hello"]' });
const HookSetting = z
  .union([
    Command.transform((command): Hook => ({ command, withToken: false })),
    z
      .strictObject({ command: Command, with_token: z.boolean().optional() })
      .transform((hook): Hook => ({ command: hook.command, withToken: hook.with_token === true })),
  ])
  .describe(
    'a program and its arguments as a list: ["PROGRAM", "ARGUMENT"], or {"command": […], "with_token": true}',
  );

const Origin = z.string().refine((text) => originOf(text) !== undefined, {
  error: "must be an https origin, such as https://git.example.com, or http on this machine",
});

const Settings = z.strictObject({
  resources: z.array(Origin).optional().describe('origins as a list, such as ["https://git.example.com"]'),
  env: z
    .array(z.string().regex(VARIABLE_NAME, { error: "must be the name of an environment variable" }))
    .min(1, { error: "must name a variable" })
    .optional()
    .describe('environment variables as a list, such as ["GH_TOKEN"]'),
  usernames: Usernames.optional(),
});

const ConfigurationFile = z
  .strictObject({
    default_account: Account.optional().describe(ACCOUNT_HINT),
    accounts: z
      .record(z.string(), Settings)
      .optional()
      .describe('settings by account, such as {"github/work": {"env": ["GH_TOKEN"]}}'),
    hooks: z
      .strictObject({ on_refresh: HookSetting.optional(), on_login_needed: HookSetting.optional() })
      .optional()
      .describe('programs to tell, such as {"on_refresh": ["PROGRAM", "ARGUMENT"]}'),
    method: z
      .record(z.string(), z.enum(["device", "paste"]))
      .optional()
      .describe('how to log in, by provider, such as {"github": "device"}'),
  })
  .describe('settings as an object, such as {"default_account": "google/work"}');

/**
 * The settings in `document`, which was read from `file`.
 *
 * @throws {ConfigurationError} code `bad_configuration`, naming the place and the setting that is wrong
 */
export function parseConfiguration(document: JsoncDocument, file: string): Configuration {
  const { success, data } = ConfigurationFile.safeParse(document.value);
  const [mistake] = document.problems;
  if (mistake !== undefined) throw notUsable({ file, ...mistake, message: syntaxText(mistake) });
  if (!success) throw misfitIn(document, file, misfits(ConfigurationFile, document.value)[0]);
  return present({
    defaultAccount: data.default_account,
    accounts: data.accounts === undefined ? undefined : byAccount(data.accounts, document, file),
    hooks: data.hooks === undefined ? undefined : present(data.hooks),
    method: data.method,
  });
}

/** The settings under the one way to write each account. */
function byAccount(
  accounts: Readonly<Record<string, z.infer<typeof Settings>>>,
  document: JsoncDocument,
  file: string,
): Record<string, AccountSettings> {
  const named = Object.entries(accounts).map(([name, settings]) => {
    const account = Account.safeParse(name);
    if (account.success) return [formatAccountName(account.data), present(settings)] as const;
    const message = `"${harmless(name, 80)}" is not an account`;
    throw misfitIn(document, file, { path: ["accounts", name], message, hint: ACCOUNT_HINT, at: "key" });
  });
  return Object.fromEntries(named);
}

function syntaxText({ message, syntax }: JsoncProblem): string {
  return syntax ? `not valid JSON: ${message}` : message;
}

function misfitIn(document: JsoncDocument, file: string, misfit: PlacedText | undefined): ConfigurationError {
  const { path = [], message = "it is not understood", hint, at = "value" } = misfit ?? {};
  // A name that is wrong is in the message already.
  const setting = (at === "key" ? path.slice(0, -1) : path).join(".");
  const where = setting === "" ? "" : `"${harmless(setting)}": `;
  return notUsable({ file, ...document.locate(path, at), message: `${where}${message}`, hint });
}

interface Mistake extends Place {
  readonly file: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

function notUsable({ file, line, column, message, hint = "correct it there" }: Mistake): ConfigurationError {
  return new ConfigurationError(
    `Cannot use "${file}": line ${line}, column ${column}: ${harmless(message)}`,
    {
      code: "bad_configuration",
      hint: harmless(hint),
    },
  );
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** `fields` without those that are undefined. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}
