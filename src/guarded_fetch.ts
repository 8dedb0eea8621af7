/**
 * The one way out: every HTTP request of keyfob, with Bun's dangerous defaults switched off.
 *
 * @module
 */
import { rootCertificates } from "node:tls";
import { Failed, Unavailable } from "./errors.ts";

/** Seconds one request may take: slower than any provider measured, shorter than a person's patience. */
const REQUEST_DEADLINE_SECONDS = 30;

/** Bytes an answer may have. The largest honest one, a key set with certificates, stays under 100 KiB. */
const LARGEST_ANSWER = 1024 * 1024;

/** Hosts that plain http may reach (RFC 8252 section 7.3). */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** A request; the body is text, already encoded. */
export interface GuardedRequest {
  readonly url: URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  /** When the request must have ended, where that is sooner than the usual deadline. */
  readonly deadline?: Date | undefined;
}

/** A whole answer. `text` is UTF-8 decoded and at most 1 MiB. */
export interface GuardedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request.
 *
 * @throws {Unavailable} when the network failed; `sent` tells whether the provider may have received the request
 * @throws {Failed} when the answer is a redirect or too large, or the address is neither https nor loopback
 */
export type GuardedFetch = (request: GuardedRequest) => Promise<GuardedAnswer>;

/** Whether credentials may travel to `url`: https, or http within this machine. */
export function isSafeAddress(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK_HOSTS.has(url.hostname));
}

/** Makes proxies leave loopback alone; `environment` is the process's own, read by Bun at every request. */
export function bypassProxyForLoopback(environment: Record<string, string | undefined>): void {
  const direct = ["127.0.0.1", "localhost", "::1", "[::1]"];
  for (const name of ["NO_PROXY", "no_proxy"]) {
    if (environment[name] === "*") continue;
    environment[name] = [environment[name], ...direct].filter(Boolean).join(",");
  }
}

/** Makes the guarded fetch. `certificateAuthorities` are PEM texts trusted besides the built-in ones. */
export function createGuardedFetch(certificateAuthorities: readonly string[] = []): GuardedFetch {
  return async (request) => {
    refuseUnsafeAddress(request.url);
    const response = await send(request, certificateAuthorities);
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new Failed(
        `Cannot use ${describe(request.url)}: it answers with a redirect, which could carry secrets elsewhere`,
        { code: "endpoint_redirects", hint: "give the endpoint's final address in the registry" },
      );
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await readText(response, request),
    };
  };
}

function refuseUnsafeAddress(url: URL): void {
  if (isSafeAddress(url)) return;
  throw new Failed(`Cannot use ${describe(url)}: it is neither https nor on this machine`, {
    code: "insecure_endpoint",
    hint: "give an https address in the registry",
  });
}

async function send(request: GuardedRequest, authorities: readonly string[]): Promise<Response> {
  const milliseconds = Math.min(
    REQUEST_DEADLINE_SECONDS * 1000,
    request.deadline === undefined ? Infinity : Math.max(1, request.deadline.getTime() - Date.now()),
  );
  const deadline = AbortSignal.timeout(milliseconds);
  try {
    return await fetch(request.url.href, {
      method: request.method ?? "GET",
      headers: { "user-agent": "keyfob", ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
      redirect: "manual",
      keepalive: false,
      verbose: false,
      tls: { rejectUnauthorized: true, ...trusting(authorities) },
    });
  } catch (cause) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw networkFailure(request.url, cause);
  }
}

function trusting(authorities: readonly string[]): { ca?: string[] } {
  return authorities.length === 0 ? {} : { ca: [...rootCertificates, ...authorities] };
}

/** What the error codes of Bun's fetch mean for a person, and whether the request can have arrived. */
const NETWORK_FAILURES: Readonly<
  Record<string, { readonly why: string; readonly sent: boolean; readonly hint?: string }>
> = {
  ECONNREFUSED: {
    why: "nothing answers there",
    sent: false,
    hint: "is the network up, and the proxy right?",
  },
  ENOTFOUND: { why: "the name does not resolve", sent: false, hint: "is the network up?" },
  FailedToOpenSocket: { why: "no connection could be made", sent: false },
  EPROTO: { why: "the TLS handshake failed", sent: false },
  ECONNRESET: { why: "the connection was closed before an answer came", sent: true },
  ConnectionClosed: { why: "the connection was closed before an answer came", sent: true },
};

const CERTIFICATE_ERROR = /CERT|SIGNATURE|ISSUER|CHAIN|ALTNAME/;

function networkFailure(url: URL, cause: unknown): Unavailable {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (cause instanceof Error && cause.name === "TimeoutError") {
    return new Unavailable(`Cannot reach ${describe(url)}: no answer in time`, {
      code: "timeout",
      sent: true,
      cause,
    });
  }
  if (CERTIFICATE_ERROR.test(code)) {
    return new Unavailable(`Cannot trust ${describe(url)}: its certificate is not valid here (${code})`, {
      code: "certificate",
      hint: "behind a company proxy, give its certificate with --ca FILE; else check the clock",
      cause,
    });
  }
  const known = NETWORK_FAILURES[code];
  return new Unavailable(`Cannot reach ${describe(url)}: ${known?.why ?? "the connection failed"}`, {
    code: "network",
    sent: known?.sent ?? true,
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
    cause,
  });
}

async function readText(response: Response, { url, signal }: GuardedRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > LARGEST_ANSWER) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const isLate = cause instanceof Error && cause.name === "TimeoutError";
    const why = isLate ? "the answer did not end in time" : "the answer broke off";
    throw new Unavailable(`Cannot read from ${describe(url)}: ${why}`, {
      code: isLate ? "timeout" : "network",
      sent: true,
      cause,
    });
  }
  if (size > LARGEST_ANSWER) {
    throw new Failed(`Cannot use the answer of ${describe(url)}: it is larger than 1 MiB`, {
      code: "answer_too_large",
    });
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** An address fit for a message: without query, which may hold secrets. */
function describe(url: URL): string {
  return `"${url.origin}${url.pathname}"`;
}
