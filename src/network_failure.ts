/**
 * What failed on the way to a provider, in words, and whether the request can have arrived.
 *
 * @module
 */
import { readNamedAuthorities } from "./certificate_authorities.ts";
import { Unavailable } from "./errors.ts";
import { describeProxy, proxyFor } from "./proxy.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Meaning {
  readonly why: string;
  readonly sent: boolean;
  readonly hint?: string;
}

/** What the error codes of Bun's fetch mean for a person, and whether the request can have arrived. */
const NETWORK_FAILURES: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: {
    why: "nothing answers there",
    sent: false,
    hint: "is the network up, and the proxy right?",
  },
  ENOTFOUND: { why: "the name does not resolve", sent: false, hint: "is the network up?" },
  FailedToOpenSocket: { why: "no connection could be made", sent: false },
  EPROTO: { why: "the TLS handshake failed", sent: false },
  ERR_PROXY_TUNNEL: { why: "the proxy lets nothing through to it", sent: false },
  ECONNRESET: { why: "the connection was closed before an answer came", sent: true },
  ConnectionClosed: { why: "the connection was closed before an answer came", sent: true },
};

const CERTIFICATE_ERROR = /CERT|SIGNATURE|ISSUER|CHAIN|ALTNAME/;

/** The failure of a request to `url`, from what fetch threw. */
export function networkFailure(url: URL, cause: unknown, environment: Environment): Unavailable {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return new Unavailable(`Cannot reach ${describe(url)}: no answer in time`, {
      code: "timeout",
      sent: true,
      cause,
    });
  }
  if (CERTIFICATE_ERROR.test(code)) return certificateFailure(url, { code, cause, environment });
  return connectionFailure(url, { code, cause, environment });
}

interface Thrown {
  readonly code: string;
  readonly cause: unknown;
  readonly environment: Environment;
}

function certificateFailure(url: URL, { code, cause, environment }: Thrown): Unavailable {
  const { stale } = readNamedAuthorities(environment);
  const [left] = stale;
  const hint =
    left === undefined
      ? "behind a company proxy, give its certificate with --ca FILE or NODE_EXTRA_CA_CERTS; else check the clock"
      : `${left.variable} names "${left.path}", which holds no certificates: correct or unset it`;
  return new Unavailable(`Cannot trust ${describe(url)}: its certificate is not valid here (${code})`, {
    code: "certificate",
    hint,
    cause,
  });
}

function connectionFailure(url: URL, { code, cause, environment }: Thrown): Unavailable {
  const known = NETWORK_FAILURES[code];
  const proxy = proxyFor(url, environment);
  const way = proxy === undefined ? "" : ` through ${describeProxy(proxy)}`;
  const refusal = cause instanceof Error ? /tunnel: (\d{3})/.exec(cause.message)?.[1] : undefined;
  const why = known?.why ?? "the connection failed";
  const hint = refusal === "407" ? `${proxy?.variable}=http://USER:PASSWORD@HOST:PORT` : known?.hint;
  const status = refusal === undefined ? "" : ` (${refusal})`;
  return new Unavailable(`Cannot reach ${describe(url)}${way}: ${why}${status}`, {
    code: "network",
    sent: known?.sent ?? true,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** An address fit for a message: without query, which may hold secrets. */
export function describe(url: URL): string {
  return `"${url.origin}${url.pathname}"`;
}
