/**
 * Stand-ins for acme, the README's example of a provider, and for GitHub's OAuth apps.
 *
 * @module
 */
import {
  type Call,
  CodeBook,
  createSigner,
  Pages,
  randomToken,
  requireParameters,
  requirePost,
  type StandIn,
  startStandIn,
  Violation,
} from "../servers/stand_in.ts";

const FORM = "application/x-www-form-urlencoded";
const CHALLENGE = { code_challenge: /^[\w-]{43}$/, code_challenge_method: "S256", state: /^.{22,}$/ };

/** The issuer that the README's entry names. */
export const ACME = "https://id.acme.example";
/** The client that the reader registers at GitHub. */
export const GITHUB_CLIENT = { client_id: "Iv1.reader", client_secret: "secret-of-the-reader" } as const;

/** A stand-in with an API. */
export interface TokenStandIn extends StandIn {
  /** Whether its API takes the token. */
  accepts(token: string): boolean;
}

/** Acme: a plain OpenID provider with a public client called abc. */
export async function startAcme(): Promise<TokenStandIn> {
  const [codes, signer, given] = [new CodeBook(), await createSigner(), new Set<string>()];
  const pages = new Pages(codes);
  const standIn = startStandIn(() => ({
    "/.well-known/openid-configuration": () => Response.json(acmeMetadata()),
    "/.well-known/oauth-authorization-server": () => new Response(null, { status: 404 }),
    "/keys": () => Response.json(signer.keys),
    "/authorize": (call) => {
      if (Object.keys(call.parameters).length === 0) throw new Violation("nothing was asked for");
      const required = { ...CHALLENGE, response_type: "code", client_id: "abc", redirect_uri: /./ };
      requireParameters(call, { required: { ...required, scope: /^openid profile$/ }, optional: ["nonce"] });
      return pages.begin(call);
    },
    "/sign-in": pages.signIn,
    "/consent": pages.consent,
    "/token": async (call) => {
      requirePost(call, FORM);
      const { nonce } = codes.redeem(call).parameters;
      const claims = { iss: ACME, aud: "abc", sub: "alice", preferred_username: "alice", nonce };
      const answer = { access_token: give(given), token_type: "Bearer", expires_in: 3600 };
      return Response.json({ ...answer, id_token: await signer.sign(claims) });
    },
  }));
  return Object.assign(standIn, { accepts: (token: string) => given.has(token) });
}

function acmeMetadata(): Record<string, unknown> {
  return {
    issuer: ACME,
    authorization_endpoint: `${ACME}/authorize`,
    token_endpoint: `${ACME}/token`,
    jwks_uri: `${ACME}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
  };
}

/** GitHub, as github.com and api.github.com; the scope that was asked for is the one that is given. */
export function startGithub(): TokenStandIn {
  const [codes, given] = [new CodeBook(), new Set<string>()];
  const pages = new Pages(codes);
  const standIn = startStandIn(() => ({
    "/login/oauth/authorize": (call) => {
      const { client_id: client } = GITHUB_CLIENT;
      const required = { ...CHALLENGE, client_id: client, redirect_uri: /./, scope: /^repo$/ };
      requireParameters(call, { required, optional: ["response_type"] });
      return pages.begin(call);
    },
    "/sign-in": pages.signIn,
    "/consent": pages.consent,
    "/login/oauth/access_token": (call) => {
      requirePost(call, FORM);
      if (call.parameters["client_secret"] !== GITHUB_CLIENT.client_secret) throw new Violation("no secret");
      const { scope } = codes.redeem(call).parameters;
      return Response.json({ access_token: give(given), token_type: "bearer", scope });
    },
    "/user": (call) =>
      given.has(bearerOf(call))
        ? Response.json({ id: 1, login: "alice" })
        : Response.json({ message: "Bad credentials" }, { status: 401 }),
  }));
  return Object.assign(standIn, { accepts: (token: string) => given.has(token) });
}

function give(given: Set<string>): string {
  const token = randomToken("token");
  given.add(token);
  return token;
}

function bearerOf({ headers }: Call): string {
  return headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
}
