/**
 * The guided set-up of a client: explains how to create one, and takes it at prompts.
 *
 * @module
 */
import { type ClientFile, pathIn, readClientFile } from "../accounts/client_file.ts";
import {
  creationSteps,
  type GivenClient,
  keepClient,
  type MissingClient,
  missingClient,
} from "../accounts/client_setup.ts";
import { KeyfobError } from "../errors.ts";
import { ask } from "../login/prompts.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Context } from "./context.ts";
import { sayWrapped, talkColumns, wrapped } from "./wrapped_text.ts";

/** Characters of an id or secret: more than any provider gives. */
const LONGEST_ANSWER = 4096;

/** Asks for the client where the provider has none and a person is there; otherwise the login itself says what is missing. */
export async function completeClient(
  context: Context,
  id: string,
  choices: ProviderChoices,
  flags: { readonly json: boolean },
): Promise<void> {
  if (!context.terminal.interactive || flags.json) return;
  const registry = await context.services.registry();
  if (!registry.has(id)) return;
  const missing = await missingClient(context.services, id, choices);
  if (missing === undefined) return;
  explain(context, missing);
  await keepGiven(context, missing, await askForClient(context, missing));
}

/** Stores what was given and says where. The registry is read anew when next asked for. */
async function keepGiven(context: Context, { provider }: MissingClient, given: GivenClient): Promise<void> {
  const { services, paths, terminal } = context;
  const file = await keepClient(services, paths, provider, given);
  context.registryChanged();
  if (file !== undefined) terminal.say(`The client id is in "${file}"`, "quiet");
  if (given.clientSecret !== undefined) terminal.say("The client secret is sealed in the vault", "quiet");
}

/** Says how to get what is missing. */
export function explain({ terminal }: Context, { provider, needsId, secret }: MissingClient): void {
  const what = needsId
    ? "a client of your own, which takes two minutes to create"
    : "the secret of its client";
  terminal.say(`\n${wrapped(`${provider.name} wants ${what}:`, terminal.columns)}`, "strong");
  const copied = secret === "none" ? "id" : "id and secret";
  const last = needsId
    ? `Copy its ${copied} to here, or give the path of the JSON file you downloaded.`
    : "Copy its secret to here.";
  for (const [index, step] of [...creationSteps(provider), last].entries()) {
    terminal.say(wrapped(step, terminal.columns, `  ${index + 1}. `));
  }
}

/**
 * The client that the person gives: typed, or as the path of a downloaded file.
 *
 * @throws {Interrupted} on ctrl-C
 */
export async function askForClient(context: Context, missing: MissingClient): Promise<GivenClient> {
  if (!missing.needsId) return { clientSecret: await askForSecret(context, missing) };
  const first = await askForIdOrFile(context);
  if (typeof first === "object") {
    const { clientId, clientSecret, path } = first;
    if (clientSecret !== undefined) {
      context.terminal.say(`Once this login works you may delete "${path}"`, "quiet");
      return { clientId, clientSecret };
    }
    return { clientId, clientSecret: await askForSecret(context, missing) };
  }
  return { clientId: first, clientSecret: await askForSecret(context, missing) };
}

async function askForIdOrFile({ terminal, services, signal }: Context): Promise<string | ClientFile> {
  for (;;) {
    const answer = await ask(terminal, {
      message: "Client id, or path of the downloaded JSON file",
      signal,
      validate: (text) => problemIn(text, "An id or a path is needed"),
    });
    const path = pathIn(answer);
    if (path === undefined) return answer.trim();
    const file = await tryFile(path, services.notice);
    if (!(file instanceof KeyfobError)) {
      if (file.isWeb)
        sayWrapped(
          terminal,
          "This client is one for web servers; it may be refused. Better create one for native apps",
          "warning",
        );
      return file;
    }
    sayWrapped(terminal, file.message, "warning");
    if (file.hint !== undefined) terminal.say(wrapped(file.hint, talkColumns(terminal), "  hint: "));
  }
}

async function tryFile(path: string, notice: (text: string) => void): Promise<ClientFile | KeyfobError> {
  try {
    return await readClientFile(path, notice);
  } catch (failure) {
    if (failure instanceof KeyfobError) return failure;
    throw failure;
  }
}

async function askForSecret(
  { terminal, signal }: Context,
  { secret }: MissingClient,
): Promise<string | undefined> {
  if (secret === "none") return undefined;
  const isRequired = secret === "required";
  const answer = await ask(terminal, {
    message: isRequired ? "Client secret" : "Client secret (leave empty where the client has none)",
    signal,
    secret: true,
    validate: (text) =>
      isRequired || text.trim() !== "" ? problemIn(text, "A secret is needed") : undefined,
  });
  return answer.trim() === "" ? undefined : answer.trim();
}

function problemIn(text: string, whenEmpty: string): string | undefined {
  if (text.trim() === "") return whenEmpty;
  if (text.length > LONGEST_ANSWER) return `That is longer than ${LONGEST_ANSWER} characters`;
  return /\p{Cc}/u.test(text) ? "That holds control characters" : undefined;
}
