/**
 * `keyfob providers add`: adds a provider to the user's registry by flags, or by questions where a person is there.
 *
 * @module
 */
import { type Addition, addProvider, clientFrom, type EntryFields } from "../accounts/provider_add.ts";
import { addressIn, findProvider, type FoundProvider } from "../accounts/provider_discovery.ts";
import { Failed, Unavailable, UsageError } from "../errors.ts";
import type { Context } from "./context.ts";
import { type AddFlags, clientFields, exists, isAddressed } from "./providers_add_flags.ts";
import { showAdded } from "./providers_added.ts";

/** Runs the command. */
export async function run(context: Context, flags: AddFlags): Promise<void> {
  if (isQuestion(context, flags)) {
    return (await import("./providers_add_questions.ts")).runByQuestions(context, flags);
  }
  const added = await addProvider(context.services, context.paths, await additionOf(context, flags));
  context.registryChanged();
  await showAdded(context, added, flags);
}

/** Questions are for a person who has not said it all by flags. */
function isQuestion({ terminal }: Context, flags: AddFlags): boolean {
  if (!terminal.interactive || flags.json) return false;
  const hasClient = flags.clientId !== undefined || flags.clientSecretFile !== undefined;
  return flags.id === undefined || !hasClient;
}

async function additionOf(context: Context, flags: AddFlags): Promise<Addition> {
  const id = await idOf(context, flags);
  const given =
    flags.clientSecretFile === undefined ? {} : await clientFrom(context.services, flags.clientSecretFile);
  const clientId = flags.clientId ?? given.clientId;
  const fields = { ...(await addressFields(context, flags)), ...clientFields(flags, clientId) };
  return { id, fields, clientSecret: given.clientSecret, set: flags.set };
}

async function idOf({ services }: Context, flags: AddFlags): Promise<string> {
  const { id } = flags;
  if (id === undefined) {
    throw new UsageError("Cannot add a provider: no id is given, and there is no terminal to ask in", {
      code: "no_provider",
      hint: "keyfob providers add ID --issuer URL --client-id ID",
    });
  }
  const registry = await services.registry();
  if (isAddressed(flags)) {
    if (registry.has(id)) throw exists(id);
    return id;
  }
  if (registry.has(id)) return id;
  throw new UsageError(`Cannot add "${id}": neither an issuer nor endpoints are given`, {
    code: "missing_issuer",
    hint: `keyfob providers add ${id} --issuer URL, or --authorization-endpoint URL --token-endpoint URL`,
  });
}

/** Issuer and endpoints. Metadata is looked at where the issuer alone must do. */
async function addressFields(context: Context, flags: AddFlags): Promise<EntryFields> {
  const { issuer, endpoints } = flags;
  if (issuer === undefined) return endpoints;
  const found = await lookUp(context, issuer);
  if (found !== undefined) return { issuer: found.issuer, ...endpoints, ...scopesFound(flags, found) };
  const isComplete = endpoints.authorization_endpoint !== undefined && endpoints.token_endpoint !== undefined;
  if (isComplete) return { issuer, discovery: "off", ...endpoints };
  throw new Failed(
    `Cannot find what signs people in at "${issuer}": neither it nor an address above publishes metadata`,
    {
      code: "no_metadata",
      hint: "check the address, or give --authorization-endpoint and --token-endpoint",
    },
  );
}

/** What is found at `text`. A network that is down is no reason to refuse an issuer. */
async function lookUp({ services, signal }: Context, text: string): Promise<FoundProvider | undefined> {
  const address = addressIn(text);
  try {
    return await findProvider(address, services.fetch, signal);
  } catch (failure) {
    if (!(failure instanceof Unavailable)) throw failure;
    services.notice(`${failure.message}; "${text}" is taken as it is`);
    return { issuer: text, scopes: [], endpoints: [] };
  }
}

function scopesFound({ scopes }: AddFlags, found: FoundProvider): EntryFields {
  return scopes === undefined && found.scopes.length > 0 ? { scopes: found.scopes } : {};
}
