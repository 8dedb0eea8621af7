/**
 * Decides where the provider sends the answer, and where keyfob listens for it.
 *
 * @module
 */
import { ConfigurationError, UsageError } from "../errors.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Provider } from "../registry/provider.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/**
 * The port to register with providers that want one, and the one a begun login uses where any would do.
 * Unassigned at IANA and below the ephemeral ranges of Linux, macOS and Windows.
 */
export const FIXED_PORT = 8976;

/** What the person asked for. */
export interface RedirectWishes {
  /** The login, for messages; its provider where absent. */
  readonly name?: AccountName;
  readonly port?: number | undefined;
}

/** The ports to try to listen on, in order, or any free one. */
export function portsToListen(provider: Provider, wishes: RedirectWishes): "any" | readonly number[] {
  requireRedirect(provider, wishes.name);
  const { port: declared } = provider.redirect;
  const { port } = wishes;
  if (typeof declared === "object")
    return port === undefined ? declared : [allowedPort(provider, declared, port)];
  if (port !== undefined) return [port];
  return declared === "any" ? "any" : [FIXED_PORT];
}

/** The redirect address where nobody listens on a port chosen by the system: pasting, or a login begun for later. */
export function unattendedRedirect(provider: Provider, wishes: RedirectWishes): string {
  const { redirect } = provider;
  if (redirect.uri !== undefined && redirect.uri !== "omit") return redirect.uri;
  const ports = portsToListen(provider, wishes);
  const port = ports === "any" ? FIXED_PORT : (ports[0] ?? FIXED_PORT);
  return `http://${redirect.host}:${port}${redirect.path}`;
}

/** Where to listen, and what the provider is told of it. */
export interface ListeningPlace {
  readonly host: Provider["redirect"]["host"];
  readonly ports: "any" | readonly number[];
  readonly path: string;
  /** The address that the provider redirects to, where it is not ours but forwards to us. */
  readonly publicAddress?: string;
}

/**
 * Where to listen; undefined where the answer goes to an address elsewhere. One that the person names is taken to
 * forward to this machine, to `--port` or the fixed one; one of the entry only where the person names a port. An
 * address of this machine is listened at, whoever names it.
 */
export function placeToListen(
  provider: Provider,
  wishes: RedirectWishes & { readonly choices: ProviderChoices },
): ListeningPlace | undefined {
  const { redirect } = provider;
  if (redirect.uri === undefined) {
    return { host: redirect.host, ports: portsToListen(provider, wishes), path: redirect.path };
  }
  const address = redirect.uri === "omit" ? null : URL.parse(redirect.uri);
  if (address === null) return undefined;
  const place = { path: address.pathname, publicAddress: redirect.uri };
  const host = LOOPBACK_HOSTS.find((name) => name === address.hostname);
  if (host !== undefined && address.protocol === "http:") {
    return { ...place, host, ports: [Number(address.port || "80")] };
  }
  if (wishes.choices.redirectUri === undefined && wishes.port === undefined) return undefined;
  return { ...place, host: "127.0.0.1", ports: [wishes.port ?? FIXED_PORT] };
}

const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"] as const;

function requireRedirect({ id, name, redirect }: Provider, login: AccountName | undefined): void {
  if (redirect.https_only !== true || redirect.uri !== undefined) return;
  const account = login === undefined ? id : formatAccountName(login);
  throw new ConfigurationError(`Cannot log in to "${account}": ${name} redirects to https addresses only`, {
    code: "no_redirect_uri",
    hint: `register an https address of yours with the client, then: keyfob login ${account} --redirect-uri https://…; once approved, paste the address it leads to`,
  });
}

function allowedPort(provider: Provider, allowed: readonly number[], port: number): number {
  if (allowed.includes(port)) return port;
  throw new UsageError(
    `Cannot use port ${port} for "${provider.id}": the provider allows only ${allowed.join(" and ")}`,
    {
      code: "port_not_allowed",
      hint: "leave --port out; where those ports are taken, paste the answer instead",
    },
  );
}
