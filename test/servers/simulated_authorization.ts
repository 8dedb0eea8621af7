/**
 * The authorization endpoint of a simulated provider: judges the address that a person opens, and sends them back.
 *
 * @module
 */
import type { Provider } from "../../src/registry/provider.ts";
import { addressOf, textOf } from "./arrived_request.ts";
import { fillAddress, rewritten, type SimulatedClient } from "./declared_request.ts";

/** Where the browser goes after the person approved. */
export interface Redirected {
  readonly address: URL;
  /** What it carries: in the query, or by a form where the entry says `form_post`. */
  readonly parameters: URLSearchParams;
}

/** What an authorization request tells. */
export interface Judged {
  readonly violations: readonly string[];
  readonly challenge: string | undefined;
  readonly nonce: string | undefined;
  /** What later requests may repeat. */
  readonly values: Readonly<Record<string, string>>;
  readonly redirected: Redirected;
}

const CODE = "authorization-code-1";

/** Judges `url` by the entry of `provider`, and approves it. */
export function judgeAuthorization(url: URL, provider: Provider, client: SimulatedClient): Judged {
  const found = Object.fromEntries(url.searchParams);
  const state = valueOf(found, "state", provider) ?? hiddenState(found) ?? "";
  const redirectUri = expectedRedirect(found, provider);
  const values = {
    app: "keyfob",
    state,
    redirect_uri: redirectUri,
    client_id: client.id,
    scope: provider.scopes.join(provider.scope_separator),
  };
  const wanted = rewritten(
    standardParameters(found, provider, client, { state, redirectUri }),
    provider.authorize,
    values,
  );
  const endpoint = fillAddress(provider.authorize?.endpoint ?? provider.authorization_endpoint ?? "", values);
  const address = new URL(url);
  address.hash = "";
  const violations = [
    ...(addressOf(address) === endpoint ? [] : [`address ${addressOf(address)}, not ${endpoint}`]),
    ...(url.hash.slice(1) === (provider.authorize?.fragment ?? "") ? [] : [`fragment "${url.hash}"`]),
    ...(state.length >= 43 ? [] : ["state has fewer than 256 bits"]),
    ...challengeViolations(valueOf(found, "code_challenge", provider), provider),
    ...redirectViolations(redirectUri, provider),
    ...mismatches(found, wanted),
  ];
  const callback = callbackValues(provider);
  return {
    violations,
    challenge: valueOf(found, "code_challenge", provider),
    nonce: found["nonce"],
    values: {
      state,
      code: CODE,
      redirect_uri: redirectUri,
      ...keptValues(callback, provider),
      ...repeatedRedirect(redirectUri, provider),
    },
    redirected: { address: new URL(redirectUri), parameters: answer({ state, callback, provider }) },
  };
}

function standardParameters(
  found: Readonly<Record<string, string>>,
  provider: Provider,
  client: SimulatedClient,
  known: { readonly state: string; readonly redirectUri: string },
): Record<string, unknown> {
  const scope = provider.scopes.join(provider.scope_separator);
  const wantsNonce = provider.scopes.includes("openid") && provider.id_token?.nonce !== false;
  const method = provider.code_challenge_methods_supported?.[0] === "plain" ? "plain" : "S256";
  return {
    response_type: "code",
    state: known.state,
    ...(client.id === undefined ? {} : { client_id: client.id }),
    ...(provider.redirect.uri === "omit" ? {} : { redirect_uri: known.redirectUri }),
    ...(scope === "" ? {} : { scope }),
    ...(provider.response_mode === "query" ? {} : { response_mode: provider.response_mode }),
    ...(wantsNonce
      ? { nonce: /^[\w-]{43}$/.test(found["nonce"] ?? "") ? found["nonce"] : "a nonce of 256 bits" }
      : {}),
    ...(provider.pkce === "off"
      ? {}
      : {
          code_challenge: valueOf(found, "code_challenge", provider) ?? "a challenge",
          code_challenge_method: method,
        }),
  };
}

function valueOf(
  found: Readonly<Record<string, string>>,
  name: string,
  provider: Provider,
): string | undefined {
  return found[provider.authorize?.rename?.[name] ?? name];
}

/** A state within the redirect address, where the provider knows no such parameter. */
function hiddenState(found: Readonly<Record<string, string>>): string | undefined {
  const hidden = Object.values(found).find((value) => /^https?:\/\/[^?]*\?state=/.test(value));
  return hidden === undefined ? undefined : (new URL(hidden).searchParams.get("state") ?? undefined);
}

/** The redirect address that the entry allows; from the request where the port may be any. */
function expectedRedirect(found: Readonly<Record<string, string>>, { redirect }: Provider): string {
  const { uri, host, port, path } = redirect;
  if (uri !== undefined && uri !== "omit") return uri;
  const given = Object.values(found).map((value) =>
    /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):(\d+)[^?]*/.exec(value),
  );
  const asked = given.find((match) => match !== null)?.[1];
  const usual = typeof port === "object" ? port[0] : 8976;
  return `http://${host}:${asked ?? usual}${path}`;
}

function redirectViolations(redirectUri: string, { redirect }: Provider): string[] {
  const url = new URL(redirectUri);
  if (redirect.https_only === true && url.protocol !== "https:") return ["the redirect is not https"];
  const isAllowed =
    typeof redirect.port !== "object" ||
    redirect.port.includes(Number(url.port)) ||
    redirect.uri !== undefined;
  return isAllowed ? [] : [`port ${url.port} is not allowed`];
}

function challengeViolations(challenge: string | undefined, provider: Provider): string[] {
  if (provider.pkce === "off")
    return challenge === undefined ? [] : ["a challenge is sent where PKCE is off"];
  const [method] = provider.code_challenge_methods_supported ?? [];
  const form =
    method === "S256-hex" ? /^[0-9a-f]{64}$/ : method === "plain" ? /^[\w.~-]{43,128}$/ : /^[\w-]{43}$/;
  return form.test(challenge ?? "") ? [] : ["the challenge is not as its method says"];
}

function mismatches(
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, unknown>>,
): string[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  return names.flatMap((name) => {
    const value = wanted[name] === undefined ? undefined : textOf(wanted[name]);
    return found[name] === value ? [] : [`${name} is "${found[name]}", not "${value}"`];
  });
}

/** What the answer carries besides code and state; a host is the last of its list, written as an address. */
function callbackValues(provider: Provider): Record<string, string> {
  const names = provider.callback?.keep ?? [];
  return Object.fromEntries(
    names.map((name) => {
      const host = provider.hosts[`callback.${name}`]?.at(-1);
      return [name, host === undefined ? `kept-${name}` : `https://${host}`];
    }),
  );
}

function keptValues(callback: Readonly<Record<string, string>>, _provider: Provider): Record<string, string> {
  return Object.fromEntries(
    Object.entries(callback).flatMap(([name, value]) => [
      [`callback.${name}`, value],
      [`kept.${name}`, value],
    ]),
  );
}

function repeatedRedirect(redirectUri: string, provider: Provider): Record<string, string> {
  const isRepeated = JSON.stringify(provider.refresh ?? null).includes("{redirect_uri}");
  return isRepeated ? { "kept.redirect_uri": redirectUri } : {};
}

/** What the person grants; where the callback says so, something else than was asked for. */
export function grantedScope({ scopes, callback }: Provider): readonly string[] {
  return callback?.scope === undefined ? scopes : [...scopes, "granted-besides"];
}

function answer(facts: {
  readonly state: string;
  readonly callback: Readonly<Record<string, string>>;
  readonly provider: Provider;
}): URLSearchParams {
  const { state, callback, provider } = facts;
  const granted = provider.callback?.scope;
  const scope =
    granted === undefined ? {} : { [granted]: grantedScope(provider).join(provider.scope_separator) };
  const promised =
    provider.authorization_response_iss_parameter_supported === true ? provider.issuer : undefined;
  return new URLSearchParams({
    code: CODE,
    state,
    ...callback,
    ...scope,
    ...(promised === undefined ? {} : { iss: promised }),
  });
}
