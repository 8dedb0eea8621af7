/**
 * What an entry means where it says nothing.
 *
 * @module
 */
import { isLoopbackHost } from "./template.ts";
import type { Provider, Redirect } from "./provider.ts";
import type { Entry } from "./schema.ts";

/** What only the registry knows about an entry. */
export type Origin = Pick<Provider, "id" | "layer" | "builtIn" | "variables">;

/** `entry` with a value in every field that has a default; endpoints stay absent, for discovery to fill. */
export function complete(entry: Entry, origin: Origin): Provider {
  const { extends: _parent, variables: _declared, ...fields } = entry;
  return {
    ...fields,
    ...origin,
    name: entry.name ?? origin.id,
    tier: entry.tier ?? "unverified",
    hosts: entry.hosts ?? {},
    discovery: entry.discovery ?? (entry.issuer === undefined ? "off" : "fill"),
    scopes: entry.scopes ?? (entry.issuer === undefined ? [] : ["openid"]),
    scope_separator: entry.scope_separator ?? " ",
    pkce: entry.pkce ?? "auto",
    response_mode: entry.response_mode ?? "query",
    client_secret_use: entry.client_secret_use ?? "optional",
    basic_encoding: entry.basic_encoding ?? "form",
    redirect: completeRedirect(entry.redirect ?? {}),
  };
}

/**
 * The redirect with host, port and path; a whole loopback address is taken apart, so that we listen there. One that
 * would not be the same letter by letter when put together again stays whole: providers compare it as text.
 */
function completeRedirect(redirect: NonNullable<Entry["redirect"]>): Redirect {
  const { host = "127.0.0.1", port = "any", path = "/callback", uri, https_only: httpsOnly } = redirect;
  const local = uri === undefined ? undefined : loopbackAddress(uri);
  if (local !== undefined) return local;
  const complete: Redirect = {
    host,
    port: typeof port === "number" ? [port] : port,
    path,
    ...(httpsOnly === true ? { https_only: true } : {}),
  };
  return uri === undefined ? complete : { ...complete, uri };
}

function loopbackAddress(uri: string): Redirect | undefined {
  const url = URL.parse(uri);
  if (url === null || url.protocol !== "http:" || !isLoopbackHost(url.hostname) || url.search !== "")
    return undefined;
  const host = url.hostname === "[::1]" || url.hostname === "localhost" ? url.hostname : "127.0.0.1";
  const { port, pathname: path } = url;
  return uri === `http://${host}:${port}${path}` ? { host, port: [Number(port)], path } : undefined;
}
