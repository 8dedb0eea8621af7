/**
 * `keyfob token`: prints a fresh access token.
 *
 * @module
 */
import { freshToken, type HandedToken, soleAccount } from "../accounts/token.ts";
import { UsageError } from "../errors.ts";
import { type AccountName, parseAccountName } from "../vault/account.ts";
import { USUAL_MIN_VALID_SECONDS } from "../vault/freshness.ts";
import type { Context } from "./context.ts";
import { configDocument, jsonLine, tokenDocument } from "./json.ts";
import { sayWrapped } from "./wrapped_text.ts";

/** How the token is printed. */
export type TokenFormat = "plain" | "json" | "header" | "config" | "copy";

/** Parsed flags of `keyfob token`. */
export interface TokenFlags {
  readonly account?: string | undefined;
  readonly minValidSeconds?: number | undefined;
  readonly format: TokenFormat;
}

/** Runs the command. */
export async function run(context: Context, flags: TokenFlags): Promise<void> {
  const { terminal } = context;
  if (flags.format === "copy" && !terminal.interactive) {
    throw new UsageError("Cannot copy: there is no terminal whose clipboard to reach", {
      hint: "leave --copy out",
    });
  }
  const name = await accountOf(context, flags.account);
  const handed = await freshToken(context.services, {
    name,
    minValidSeconds: flags.minValidSeconds ?? USUAL_MIN_VALID_SECONDS,
    isMinValidAsked: flags.minValidSeconds !== undefined,
    signal: context.signal,
  }).catch(async (failure: unknown) => {
    if (flags.account !== undefined) throw failure;
    throw (await import("../accounts/default_account.ts")).ofDefaultAccount(
      failure,
      name,
      context.paths.configFile,
    );
  });
  if (handed.warning !== undefined) sayWrapped(terminal, handed.warning, "warning");
  if (flags.format === "copy") return terminal.copy(handed.tokens.accessToken);
  if (flags.format !== "plain") refuseControls(handed);
  await terminal.data(print(handed, flags.format));
}

async function accountOf(context: Context, text: string | undefined): Promise<AccountName> {
  if (text !== undefined) return parseAccountName(text);
  const { services } = context;
  try {
    const { defaultAccount } = await services.configuration();
    return await soleAccount(services, defaultAccount);
  } catch (failure) {
    const { homelessAccount } = await import("../accounts/given_accounts.ts");
    const given = await homelessAccount(services, failure);
    if (given !== undefined) return given;
    throw failure;
  }
}

/**
 * What stands in the environment was never checked. A line break in it would begin another header.
 *
 * @throws {UsageError} `control_characters`
 */
function refuseControls({ variable, tokens }: HandedToken): void {
  if (variable === undefined || !/\p{Cc}/u.test(tokens.accessToken)) return;
  throw new UsageError(`Cannot use the token in ${variable}: it holds control characters`, {
    code: "control_characters",
    hint: `give ${variable} the token alone, without a line break`,
  });
}

function print(handed: HandedToken, format: Exclude<TokenFormat, "copy">): string {
  switch (format) {
    case "plain":
      return `${handed.tokens.accessToken}\n`;
    case "header":
      return `Authorization: ${handed.tokens.tokenType} ${handed.tokens.accessToken}\n`;
    case "json":
      return jsonLine(tokenDocument(handed));
    case "config":
      return jsonLine(configDocument(handed));
  }
}
