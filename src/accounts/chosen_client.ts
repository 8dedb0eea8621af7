/**
 * The client of a login for which the person named the JSON file that the provider offers.
 *
 * @module
 */
import { ConfigurationError, UsageError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import { isDocumentName } from "../registry/client_document.ts";
import { readClientFile } from "./client_file.ts";
import type { Services } from "./services.ts";

/**
 * `choices` with the client id of that file, where neither they nor the entry of `provider` name one. A file that holds a
 * bare secret says nothing of it.
 *
 * @throws {ConfigurationError} code `client_file` where the file is no such document, or holds no secret
 * @throws {UsageError} code `other_client` where it is of another client than they name
 */
export async function withClientOfFile(
  services: Services,
  provider: string,
  choices: ProviderChoices,
): Promise<ProviderChoices> {
  const { clientSecret: source } = choices;
  if (typeof source !== "object" || !("file" in source) || !isDocumentName(source.file)) return choices;
  const { clientId, clientSecret } = await readClientFile(source.file);
  if (clientSecret === undefined) throw withoutSecret(source.file);
  const named = choices.clientId ?? (await declaredId(services, provider, choices));
  if (named === undefined) return { ...choices, clientId };
  if (named === clientId) return choices;
  throw new UsageError(
    `Cannot use "${harmless(source.file)}" as --client-secret-file: it is of the client "${harmless(clientId)}", and this login would be made with "${harmless(named)}"`,
    {
      code: "other_client",
      hint: `give the file of that client, or log in with the client of this one: --client-id ${harmless(clientId)}`,
    },
  );
}

async function declaredId(
  services: Services,
  provider: string,
  choices: ProviderChoices,
): Promise<string | undefined> {
  const registry = await services.registry();
  return registry.has(provider) ? registry.preview(provider, choices).client_id : undefined;
}

function withoutSecret(path: string): ConfigurationError {
  return new ConfigurationError(
    `Cannot use "${harmless(path)}" as --client-secret-file: it holds no client_secret`,
    {
      code: "client_file",
      hint: "give the JSON file as the provider offers it for download, or leave the flag out for a client without a secret",
    },
  );
}
