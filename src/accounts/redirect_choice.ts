/**
 * Decides where the provider sends the answer, and where keyfob listens for it.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Provider } from "../registry/provider.ts";

/**
 * The port to register with providers that want one, and the one a begun login uses where any would do.
 * Unassigned at IANA and below the ephemeral ranges of Linux, macOS and Windows.
 */
export const FIXED_PORT = 8976;

/** What the person asked for. */
export interface RedirectWishes {
  readonly port?: number | undefined;
}

/** The ports to try to listen on, in order, or any free one. */
export function portsToListen(provider: Provider, wishes: RedirectWishes): "any" | readonly number[] {
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

/** Whether the answer goes to an address elsewhere, which no listener of ours can be. */
export function leadsElsewhere(provider: Provider): boolean {
  return provider.redirect.uri !== undefined;
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
