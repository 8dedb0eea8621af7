/**
 * `keyfob run`: runs a command with fresh tokens in its environment, or with an endpoint that has them.
 *
 * @module
 */
import { freshToken } from "../accounts/token.ts";
import { UsageError } from "../errors.ts";
import { type ChildCommand, runChild } from "../handout/child.ts";
import { inheritedDescriptors } from "../handout/descriptors.ts";
import { planVariables, type VariablePlan } from "../handout/variables.ts";
import { withoutTokens } from "../handed_environment.ts";
import { type AccountName, formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { time } from "./json.ts";

/** Seconds a token must still work when the command starts. */
const MIN_VALID_SECONDS = 60;

/** Parsed flags of `keyfob run`. */
export interface RunFlags {
  readonly accounts: readonly string[];
  /** Accounts by the variable that `--env` names. */
  readonly env: Readonly<Record<string, AccountName>>;
  readonly serve: boolean;
  /** What stands after `--`; undefined where nothing does. */
  readonly command: readonly string[] | undefined;
}

/** Runs the command; its exit status becomes keyfob's. */
export async function run(context: Context, flags: RunFlags): Promise<void> {
  const child = { command: commandOf(flags), descriptors: inheritedDescriptors() };
  const accounts = flags.accounts.map(parseAccountName);
  if (accounts.length === 0 && Object.keys(flags.env).length === 0) {
    throw new UsageError("Cannot run the command: no account is named", {
      code: "no_account",
      hint: "keyfob run ACCOUNT... -- COMMAND",
    });
  }
  const plan = await planVariables(context.services, { accounts, named: flags.env });
  context.exitStatus = flags.serve
    ? await runServed(context, plan, child)
    : await runWithTokens(context, plan, child);
}

/** What is known of the child before its environment is. */
type Child = Pick<ChildCommand, "command" | "descriptors">;

function commandOf({ command, accounts }: RunFlags): readonly string[] {
  if (command !== undefined && command.length > 0) return command;
  const [account = "ACCOUNT", ...rest] = accounts;
  throw new UsageError("Cannot run anything: no command is named", {
    code: "no_command",
    hint: `the command stands after --: keyfob run ${account} -- ${rest.join(" ") || "COMMAND"}`,
  });
}

async function runWithTokens(context: Context, plan: VariablePlan, child: Child): Promise<number> {
  const environment = cleanEnvironment(context, plan);
  const tokens = new Map<string, string>();
  for (const [variable, name] of plan) {
    const account = formatAccountName(name);
    const token = tokens.get(account) ?? (await readToken(context, name));
    tokens.set(account, token);
    environment[variable] = token;
  }
  return await runChild({ ...child, environment, signal: context.signal });
}

async function readToken(context: Context, name: AccountName): Promise<string> {
  const { tokens, warning } = await fresh(context, name);
  if (warning !== undefined) context.terminal.say(warning, "warning");
  return tokens.accessToken;
}

function fresh({ services, signal }: Context, name: AccountName): ReturnType<typeof freshToken> {
  return freshToken(services, { name, minValidSeconds: MIN_VALID_SECONDS, isMinValidAsked: false, signal });
}

/** The endpoint lives exactly as long as the child. */
async function runServed(context: Context, plan: VariablePlan, child: Child): Promise<number> {
  // Loaded on demand: most runs need no server.
  const { startTokenEndpoint } = await import("../handout/token_endpoint.ts");
  const accounts = [...new Map([...plan.values()].map((name) => [formatAccountName(name), name])).values()];
  const endpoint = startTokenEndpoint({ accounts, fresh: (name) => document(context, name) });
  const environment = {
    ...cleanEnvironment(context, plan),
    KEYFOB_TOKEN_URL: endpoint.url,
    KEYFOB_TOKEN_SECRET: endpoint.secret,
  };
  try {
    return await runChild({ ...child, environment, signal: context.signal });
  } finally {
    await endpoint.stop();
  }
}

async function document(context: Context, name: AccountName): Promise<object> {
  const { tokens } = await fresh(context, name);
  return {
    access_token: tokens.accessToken,
    token_type: tokens.tokenType,
    expires_at: time(tokens.expiresAt),
  };
}

/** Neither tokens given to keyfob nor older values of the variables that are to carry one. */
function cleanEnvironment({ environment }: Context, plan: VariablePlan): Record<string, string> {
  const kept = Object.entries(withoutTokens(environment)).filter(([name]) => !plan.has(name));
  return Object.fromEntries(kept);
}
