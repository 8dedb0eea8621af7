/**
 * `keyfob helper`: speaks the credential protocols of other programs.
 *
 * @module
 */
import { freshToken } from "../accounts/token.ts";
import { UsageError } from "../errors.ts";
import { answerAws, type AwsRequest } from "../handout/aws.ts";
import { answerDocker } from "../handout/docker.ts";
import { answerGit } from "../handout/git.ts";
import { answerKubectl } from "../handout/kubectl.ts";
import { oauthbearer } from "../handout/oauthbearer.ts";
import { xoauth2 } from "../handout/xoauth2.ts";
import { type AccountName, formatAccountName, parseAccountName } from "../vault/account.ts";
import type { Context } from "./context.ts";
import { accountFields, jsonLine } from "./json.ts";

/** Bytes of a request: a few lines, or a login that docker wants stored. */
const LONGEST_REQUEST = 65_536;
/** Seconds a token must still work: it is sent at once. */
const MIN_VALID_SECONDS = 60;

/** Flags of the helpers that get an operation from their caller. */
export interface OperationFlags {
  readonly operation: string;
  readonly account?: string | undefined;
  readonly json: boolean;
}

/** `helper git get|store|erase`. */
export async function git(context: Context, flags: OperationFlags): Promise<void> {
  const { operation, json } = flags;
  const input = await context.terminal.readAll(LONGEST_REQUEST, context.signal);
  const account = flags.account === undefined ? undefined : parseAccountName(flags.account);
  const attributes = await answerGit(context.services, { operation, input, account, signal: context.signal });
  const lines = attributes.map(([name, value]) => `${name}=${value}\n`).join("");
  await context.terminal.data(json ? jsonLine(Object.fromEntries(attributes)) : lines);
}

/** `helper docker get|store|erase|list`. Its answers are JSON always, its refusals plain words, as docker has it. */
export async function docker(context: Context, flags: OperationFlags): Promise<void> {
  const { operation } = flags;
  const input = operation === "list" ? "" : await context.terminal.readAll(LONGEST_REQUEST, context.signal);
  const account = flags.account === undefined ? undefined : parseAccountName(flags.account);
  const { services, signal } = context;
  const answer = await answerDocker(services, { operation, input, account, signal });
  if ("refusal" in answer) {
    context.exitStatus = 1;
    return context.terminal.data(`${answer.refusal}\n`);
  }
  if (answer.document !== undefined) await context.terminal.data(jsonLine(answer.document));
}

/** `helper kubectl ACCOUNT`. */
export async function kubectl(
  context: Context,
  flags: { readonly account: string; readonly wantsIdToken: boolean },
): Promise<void> {
  const { services, signal, environment, terminal } = context;
  const answer = await answerKubectl(services, {
    name: parseAccountName(flags.account),
    execInfo: environment["KUBERNETES_EXEC_INFO"],
    wantsIdToken: flags.wantsIdToken,
    signal,
  });
  await terminal.data(jsonLine(answer));
}

/** `helper aws ACCOUNT`. */
export async function aws(
  context: Context,
  flags: Omit<AwsRequest, "name" | "signal"> & { readonly account: string },
): Promise<void> {
  const { account, ...asked } = flags;
  const request = { ...asked, name: parseAccountName(account), signal: context.signal };
  await context.terminal.data(jsonLine(await answerAws(context.services, request)));
}

/** Flags of the two SASL helpers. */
export interface SaslFlags {
  readonly mechanism: "XOAUTH2" | "OAUTHBEARER";
  readonly account: string;
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly json: boolean;
}

/** `helper xoauth2 ACCOUNT` and `helper oauthbearer ACCOUNT`. */
export async function sasl(context: Context, flags: SaslFlags): Promise<void> {
  const { mechanism, host, port } = flags;
  const name = parseAccountName(flags.account);
  const { services, signal, terminal } = context;
  const { tokens, warning } = await freshToken(services, {
    name,
    minValidSeconds: MIN_VALID_SECONDS,
    isMinValidAsked: false,
    signal,
  });
  if (warning !== undefined) terminal.say(warning, "warning");
  const user = flags.user ?? (await mailAddress(context, name));
  const { accessToken } = tokens;
  const response =
    mechanism === "XOAUTH2" ? xoauth2(user, accessToken) : oauthbearer({ user, accessToken, host, port });
  const document = { ...accountFields(name), mechanism, user, initial_response: response };
  await terminal.data(flags.json ? jsonLine(document) : `${response}\n`);
}

/** The person's name at the provider, where it is an address. */
async function mailAddress({ services }: Context, name: AccountName): Promise<string> {
  const vault = await services.vault();
  const display = (await vault.find(name))?.session.display;
  if (display?.includes("@") === true) return display;
  throw new UsageError(`Cannot tell the mail user of "${formatAccountName(name)}"`, {
    code: "no_user",
    hint: "give the address with --user",
  });
}
