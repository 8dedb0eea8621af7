/**
 * A provider fit to be shown: the same entry with stars for its secrets.
 *
 * @module
 */
import { isFixedSecret, STARS, starredAddress } from "./fixed_secrets.ts";
import type { RawObject } from "./merge.ts";
import type { Provider } from "./provider.ts";
import type { SecretSource } from "./schema.ts";

/** Fields whose strings are requests' headers and parameters. */
const REQUEST_FIELDS: ReadonlySet<string> = new Set(["headers", "params"]);

/** `provider` with secrets replaced by `***`. Where a secret is kept stays visible; a command's arguments do not. */
export function redacted(provider: Provider): Provider {
  const shown = redactRequests(provider, false) as Provider;
  return provider.client_secret === undefined
    ? shown
    : { ...shown, client_secret: redactSource(provider.client_secret) };
}

/** An entry as a file says it, without its client secret, and with `***` for the fixed secrets of its requests and addresses. */
export function shareable(entry: RawObject): RawObject {
  const { client_secret: _secret, ...rest } = entry;
  return redactRequests(rest, false) as RawObject;
}

function redactSource(source: SecretSource): SecretSource {
  if (typeof source === "string") return STARS;
  if (!("command" in source)) return source;
  const [program = "", ...rest] = source.command;
  return { command: [program, ...rest.map(() => STARS)] };
}

/** Fixed secrets among headers and parameters, and in the queries of addresses; a placeholder is no secret. */
function redactRequests(value: unknown, inRequest: boolean): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => redactRequests(item, false));
  if (typeof value === "string") return starredAddress(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]: [string, unknown]) => {
      const isSecret = inRequest && isFixedSecret(name, child);
      return [name, isSecret ? STARS : redactRequests(child, REQUEST_FIELDS.has(name))];
    }),
  );
}
