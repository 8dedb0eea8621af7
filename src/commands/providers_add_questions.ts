/**
 * The questions of `keyfob providers add`: an address, then only what it does not answer.
 *
 * @module
 */
import type { MissingClient } from "../accounts/client_setup.ts";
import {
  type Addition,
  addProvider,
  clientFrom,
  type EntryFields,
  tryAddition,
} from "../accounts/provider_add.ts";
import { addressIn, findProvider, type FoundProvider } from "../accounts/provider_discovery.ts";
import { Interrupted, KeyfobError } from "../errors.ts";
import { ask, confirm } from "../login/prompts.ts";
import { askForClient, explain } from "./client_questions.ts";
import type { Context } from "./context.ts";
import { run as logIn } from "./login.ts";
import { DEFAULT_LOGIN_FLAGS } from "./login_flags.ts";
import { type AddFlags, clientFields, exists, isAddressed } from "./providers_add_flags.ts";
import { showAdded } from "./providers_added.ts";
import { sayWrapped } from "./wrapped_text.ts";

/** Labels of a host that name a task, not the provider. */
const TASKS = new Set([
  "www",
  "id",
  "login",
  "auth",
  "oauth",
  "oauth2",
  "sso",
  "accounts",
  "account",
  "api",
  "idp",
  "identity",
]);

/** Asks, shows, writes, and offers to log in. */
export async function runByQuestions(context: Context, flags: AddFlags): Promise<void> {
  const addresses = await askForAddresses(context, flags);
  const id = await askForId(context, flags, addresses);
  const addition = await askForRest(context, flags, { id, fields: addresses });
  context.terminal.say("\nThis will be added:");
  context.terminal.say(JSON.stringify({ [id]: addition.fields }, null, 2));
  if (!(await confirmed(context, `Write it to "${context.paths.registryFile}"?`)))
    return context.terminal.say("Nothing was written");
  const added = await addProvider(context.services, context.paths, addition);
  context.registryChanged();
  await showAdded(context, added, flags);
  if (await confirmed(context, "Log in now?"))
    await logIn(context, { ...DEFAULT_LOGIN_FLAGS, account: id, set: flags.set });
}

function confirmed({ terminal, signal }: Context, message: string): Promise<boolean> {
  return confirm(terminal, { message, signal });
}

/** Issuer or endpoints; none where the id is one that is known already. */
async function askForAddresses(context: Context, flags: AddFlags): Promise<EntryFields> {
  const { id, issuer, endpoints } = flags;
  const registry = await context.services.registry();
  if (id !== undefined && registry.has(id)) {
    if (isAddressed(flags)) throw exists(id);
    return {};
  }
  if (issuer === undefined && Object.keys(endpoints).length > 0) return askForEndpoints(context, endpoints);
  const found = await askForIssuer(context, issuer);
  if (found === undefined) return askForEndpoints(context, endpoints);
  context.terminal.say(`Found ${found.issuer}: ${found.endpoints.length} endpoints`, "good");
  const scopes = flags.scopes ?? (await askForScopes(context, found.scopes));
  return { issuer: found.issuer, ...endpoints, scopes };
}

async function askForIssuer(context: Context, given: string | undefined): Promise<FoundProvider | undefined> {
  let text = given ?? "";
  for (;;) {
    if (text === "") {
      text = await ask(context.terminal, {
        message: "Issuer, or the address of any page of the provider (empty: I know the endpoints)",
        placeholder: "https://id.example.com",
        signal: context.signal,
        validate: (answer) => (answer.trim() === "" ? undefined : problemOf(() => addressIn(answer))),
      });
    }
    if (text.trim() === "") return undefined;
    const found = await tryFinding(context, text);
    if (found !== undefined) return found;
    text = "";
  }
}

async function tryFinding(
  { services, terminal, signal }: Context,
  text: string,
): Promise<FoundProvider | undefined> {
  try {
    const found = await findProvider(addressIn(text), services.fetch, signal);
    if (found === undefined)
      sayWrapped(terminal, "No metadata is published there, nor at an address above it", "warning");
    return found;
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || failure instanceof Interrupted) throw failure;
    sayWrapped(terminal, failure.message, "warning");
    return undefined;
  }
}

async function askForEndpoints(context: Context, given: AddFlags["endpoints"]): Promise<EntryFields> {
  const authorization_endpoint =
    given.authorization_endpoint ?? (await askForAddress(context, "Authorization endpoint"));
  const token_endpoint = given.token_endpoint ?? (await askForAddress(context, "Token endpoint"));
  return { ...given, authorization_endpoint, token_endpoint };
}

async function askForAddress({ terminal, signal }: Context, message: string): Promise<string> {
  const answer = await ask(terminal, {
    message,
    signal,
    validate: (text) => problemOf(() => addressIn(text)),
  });
  return answer.trim();
}

async function askForScopes({ terminal, signal }: Context, found: readonly string[]): Promise<string[]> {
  const answer = await ask(terminal, { message: "Scopes", initial: found.join(" "), signal });
  return answer.split(/[\s,]+/).filter((scope) => scope !== "");
}

async function askForId(context: Context, flags: AddFlags, addresses: EntryFields): Promise<string> {
  if (flags.id !== undefined) return flags.id;
  const registry = await context.services.registry();
  const address = addresses["issuer"] ?? addresses["authorization_endpoint"];
  const guess = nameIn(new URL(String(address)).hostname);
  const answer = await ask(context.terminal, {
    message: "Id, as in keyfob login ID",
    initial: registry.has(guess) ? "" : guess,
    signal: context.signal,
    validate: (id) => {
      if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(id.trim()))
        return "1 to 64 lower-case letters, digits, dots, dashes or underscores";
      return registry.has(id.trim()) ? `There is a provider "${id.trim()}"` : undefined;
    },
  });
  return answer.trim();
}

/** The label of a host that most likely names the provider. */
function nameIn(hostname: string): string {
  const labels = hostname.split(".").filter((label) => /^[a-z][a-z0-9-]*$/.test(label));
  return (
    labels.slice(0, Math.max(1, labels.length - 1)).find((label) => !TASKS.has(label)) ?? labels[0] ?? ""
  );
}

/** The client, and what it is registered with. */
async function askForRest(context: Context, flags: AddFlags, draft: Addition): Promise<Addition> {
  const redirect = await askForRedirect(context, flags, draft);
  const given =
    flags.clientSecretFile === undefined ? {} : await clientFrom(context.services, flags.clientSecretFile);
  const known = { ...draft, fields: { ...draft.fields, ...redirect } };
  const clientId = flags.clientId ?? given.clientId;
  const client = clientId === undefined ? await askForNewClient(context, known) : { ...given, clientId };
  const fields = { ...known.fields, ...clientFields({ ...flags, redirectPort: undefined }, client.clientId) };
  return { id: draft.id, fields, clientSecret: client.clientSecret, set: flags.set };
}

async function askForNewClient(context: Context, known: Addition) {
  const provider = await tryAddition(context.services, known);
  const { client_secret_use: use } = provider;
  const isRequired = use === "required" || use === "not_confidential";
  const missing: MissingClient = {
    provider,
    needsId: true,
    secret: isRequired ? "required" : use === "none" ? "none" : "optional",
  };
  explain(context, missing);
  return askForClient(context, missing);
}

/** Metadata does not say whether any port will do; only a new provider leaves it open. */
async function askForRedirect(context: Context, flags: AddFlags, draft: Addition): Promise<EntryFields> {
  if (flags.redirectPort !== undefined) return { redirect: { port: flags.redirectPort } };
  if (Object.keys(draft.fields).length === 0) return {};
  const isExact = await confirm(context.terminal, {
    message: "Does it compare redirect addresses exactly, with the port? (If in doubt: yes)",
    signal: context.signal,
  });
  return isExact ? { redirect: { port: "registered" } } : {};
}

function problemOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (failure) {
    if (failure instanceof KeyfobError) return [failure.message, failure.hint ?? []].flat().join(": ");
    throw failure;
  }
}
