/**
 * Begins a login: the authorization address (RFC 6749 section 4.1.1) and what its answer must match.
 *
 * @module
 */
import * as oauth from "oauth4webapi";
import type { Provider } from "../registry/provider.ts";
import { fillEndpoint, type TemplateValues } from "../registry/template.ts";
import type { Attempt, ClientBinding, ProviderChoices } from "./attempt.ts";
import { APP } from "./placeholders.ts";
import { requireEndpoint } from "./server.ts";
import { rewriteParameters, written } from "./step.ts";

/** A fresh `state`: 256 random bits (STANDARDS 9). */
export const generateState: () => string = oauth.generateRandomState;

/** What the caller decides about a login. */
export interface BeginOptions {
  readonly label: string;
  /** What the person calls the login, for messages; its provider where absent. */
  readonly account?: string;
  readonly state: string;
  /** Where the answer will arrive; already listened on, where somebody listens. */
  readonly redirectUri: string;
  readonly scope: readonly string[];
  readonly expiresAt: Date;
  readonly choices: ProviderChoices;
  readonly client: ClientBinding;
  readonly maySwitchPerson?: boolean;
}

type ChallengeMethod = "S256" | "plain" | "S256-hex";

/**
 * Makes the attempt: a fresh verifier (RFC 7636 section 4.1), a fresh nonce for OpenID providers, and the address.
 *
 * @throws {ConfigurationError} where the provider has no authorization endpoint
 */
export async function begin(provider: Provider, options: BeginOptions): Promise<Attempt> {
  const codeVerifier = provider.pkce === "off" ? undefined : oauth.generateRandomCodeVerifier();
  const asksOpenId = options.scope.includes("openid");
  const nonce = asksOpenId && provider.id_token?.nonce !== false ? oauth.generateRandomNonce() : undefined;
  const url = await authorizationAddress(provider, { ...options, codeVerifier, nonce });
  return {
    provider: provider.id,
    label: options.label,
    url: url.href,
    state: options.state,
    redirectUri: options.redirectUri,
    ...(codeVerifier === undefined ? {} : { codeVerifier }),
    ...(nonce === undefined ? {} : { nonce }),
    scope: options.scope,
    expiresAt: options.expiresAt,
    choices: options.choices,
    client: options.client,
    ...(options.maySwitchPerson === undefined ? {} : { maySwitchPerson: options.maySwitchPerson }),
  };
}

async function authorizationAddress(
  provider: Provider,
  options: BeginOptions & { readonly codeVerifier: string | undefined; readonly nonce: string | undefined },
): Promise<URL> {
  const scope = options.scope.join(provider.scope_separator ?? " ");
  const values: TemplateValues = {
    app: APP,
    client_id: provider.client_id,
    redirect_uri: options.redirectUri,
    scope,
    state: options.state,
  };
  const called = options.account === undefined ? {} : { account: options.account };
  const endpoint =
    provider.authorize?.endpoint ?? requireEndpoint({ provider, ...called }, "authorization_endpoint");
  const url = fillEndpoint(endpoint, values, provider.hosts);
  const standard = present({
    response_type: "code",
    client_id: provider.client_id,
    redirect_uri: provider.redirect.uri === "omit" ? undefined : options.redirectUri,
    scope: scope === "" ? undefined : scope,
    state: options.state,
    ...(options.codeVerifier === undefined ? {} : await challenge(provider, options.codeVerifier)),
    nonce: options.nonce,
    response_mode: provider.response_mode === "query" ? undefined : provider.response_mode,
    prompt: consentPrompt(provider, options.scope),
  });
  for (const [name, value] of Object.entries(rewriteParameters(standard, provider.authorize, values))) {
    url.searchParams.set(name, written(value));
  }
  if (provider.authorize?.fragment !== undefined) url.hash = provider.authorize.fragment;
  return url;
}

/** S256 unless the entry declares that only another method is understood (RFC 7636 section 4.2, STANDARDS 12). */
async function challenge(provider: Provider, verifier: string): Promise<Record<string, string>> {
  const method = challengeMethod(provider.code_challenge_methods_supported);
  if (method === "plain") return { code_challenge: verifier, code_challenge_method: "plain" };
  const sha256 = await oauth.calculatePKCECodeChallenge(verifier);
  const hexadecimal = Buffer.from(sha256, "base64url").toString("hex");
  return { code_challenge: method === "S256" ? sha256 : hexadecimal, code_challenge_method: "S256" };
}

function challengeMethod(supported: readonly ChallengeMethod[] | undefined): ChallengeMethod {
  if (supported === undefined || supported.length === 0 || supported.includes("S256")) return "S256";
  return supported.includes("S256-hex") ? "S256-hex" : "plain";
}

/** `offline_access` needs consent at OpenID providers (OIDC Core 11); built-in entries say themselves what theirs needs. */
function consentPrompt(provider: Provider, scope: readonly string[]): string | undefined {
  return !provider.builtIn && scope.includes("openid") && scope.includes("offline_access")
    ? "consent"
    : undefined;
}

function present(parameters: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
