/**
 * What `config.json` may say, as a zod schema.
 *
 * @module
 */
import { z } from "zod";
import { ConfigurationError, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { originOf } from "./resource_origin.ts";
import { Usernames, VARIABLE_NAME } from "../registry/schema.ts";
import { formatAccountName, parseAccountName } from "../vault/account.ts";
import type { AccountSettings, Configuration, Hook } from "./configuration.ts";

const Account = z.string().transform((text, context) => {
  try {
    return parseAccountName(text);
  } catch (failure) {
    if (!(failure instanceof UsageError)) throw failure;
    context.addIssue({ code: "custom", message: 'must be an account, such as "google/work"' });
    return z.NEVER;
  }
});

const Command = z.array(z.string()).min(1, { error: "must name a program" });
const HookSetting = z.union([
  Command.transform((command): Hook => ({ command, withToken: false })),
  z
    .strictObject({ command: Command, with_token: z.boolean().optional() })
    .transform((hook): Hook => ({ command: hook.command, withToken: hook.with_token === true })),
]);

const Origin = z.string().refine((text) => originOf(text) !== undefined, {
  error: "must be an https origin, such as https://git.example.com, or http on this machine",
});

const Settings = z.strictObject({
  resources: z.array(Origin).optional(),
  env: z.array(z.string().regex(VARIABLE_NAME)).min(1).optional(),
  usernames: Usernames.optional(),
});

const ConfigurationFile = z.strictObject({
  default_account: Account.optional(),
  accounts: z.record(z.string(), Settings).optional(),
  hooks: z
    .strictObject({ on_refresh: HookSetting.optional(), on_login_needed: HookSetting.optional() })
    .optional(),
  method: z.record(z.string(), z.enum(["device", "paste"])).optional(),
});

/**
 * The settings in `document`, the JSON of `file`.
 *
 * @throws {ConfigurationError} naming the setting that is wrong
 */
export function parseConfiguration(document: unknown, file: string): Configuration {
  const { success, data, error } = ConfigurationFile.safeParse(document);
  if (!success) throw notUsable(file, error.issues[0]);
  return present({
    defaultAccount: data.default_account,
    accounts: data.accounts === undefined ? undefined : byAccount(data.accounts, file),
    hooks: data.hooks === undefined ? undefined : present(data.hooks),
    method: data.method,
  });
}

/** The settings under the one way to write each account. */
function byAccount(
  accounts: Readonly<Record<string, z.infer<typeof Settings>>>,
  file: string,
): Record<string, AccountSettings> {
  const named = Object.entries(accounts).map(([name, settings]) => {
    const account = Account.safeParse(name);
    if (!account.success) throw notUsable(file, { path: ["accounts", name], message: "is not an account" });
    return [formatAccountName(account.data), present(settings)] as const;
  });
  return Object.fromEntries(named);
}

function notUsable(
  file: string,
  issue:
    | { readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: string[] }
    | undefined,
): ConfigurationError {
  const unknown = issue?.keys?.[0];
  const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].map(String).join(".");
  const why = unknown === undefined ? (issue?.message ?? "is not understood") : "is an unknown setting";
  return new ConfigurationError(`Cannot use "${file}": "${harmless(path)}": ${harmless(why)}`, {
    code: "bad_configuration",
    hint: 'known settings: "default_account", "accounts", "hooks", "method"',
  });
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

/** `fields` without those that are undefined. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Present<Fields>;
}
