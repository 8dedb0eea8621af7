/**
 * The one way out: every HTTP request of keyfob, with Bun's dangerous defaults switched off.
 *
 * @module
 */
import { withEveryAuthority, withUsualAuthorities } from "./certificate_authorities.ts";
import { Failed, Unavailable } from "./errors.ts";
import { describe, networkFailure } from "./network_failure.ts";
import { proxyFor, refuseUnusableProxy, takingProxy } from "./proxy.ts";

/** Seconds one request may take: slower than any provider measured, shorter than a person's patience. */
const REQUEST_DEADLINE_SECONDS = 30;

/** Milliseconds that a timer may be late before the process counts as stopped meanwhile, and those it then gets. */
const LATE_MILLISECONDS = 500;
const SECOND_LOOK_MILLISECONDS = 2000;

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

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the guarded fetch. `certificateAuthorities` are PEM texts trusted besides the usual ones; `environment` names
 * further ones, and the proxies.
 */
export function createGuardedFetch(
  certificateAuthorities: readonly string[] = [],
  environment: Environment = process.env,
): GuardedFetch {
  const trust = new Trust(certificateAuthorities, environment);
  return async (request) => {
    refuseUnsafeAddress(request.url);
    const proxy = proxyFor(request.url, environment);
    if (proxy !== undefined) refuseUnusableProxy(proxy);
    const response = await sendTrusting(request, trust);
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

/** Whom to trust: at first as few as will do, as reading the others takes time. */
class Trust {
  readonly #authorities: readonly string[];
  readonly environment: Environment;
  #known: string[] | undefined;
  #isWidened = false;

  constructor(authorities: readonly string[], environment: Environment) {
    this.#authorities = authorities;
    this.environment = environment;
  }

  /** For fetch. Without our own authorities Bun's own list is the shortest way. */
  get options(): { ca?: string[] } {
    if (this.#known !== undefined) return { ca: this.#known };
    if (this.#authorities.length === 0) return {};
    this.#known = withUsualAuthorities(this.#authorities, this.environment);
    return { ca: this.#known };
  }

  /** Trusts everybody whom this machine trusts; false where that was so already. */
  widen(): boolean {
    if (this.#isWidened) return false;
    this.#isWidened = true;
    this.#known = withEveryAuthority(this.#authorities, this.environment);
    return true;
  }
}

/** A handshake that failed has sent nothing, so that it can be tried again. */
async function sendTrusting(request: GuardedRequest, trust: Trust): Promise<Response> {
  try {
    return await send(request, trust);
  } catch (failure) {
    const isCertificate = failure instanceof Unavailable && failure.code === "certificate";
    if (!isCertificate || !trust.widen()) throw failure;
    return send(request, trust);
  }
}

async function send(request: GuardedRequest, trust: Trust): Promise<Response> {
  const left = request.deadline === undefined ? Infinity : request.deadline.getTime() - Date.now();
  if (left <= 0) throw tooLate(request.url);
  const milliseconds = Math.min(REQUEST_DEADLINE_SECONDS * 1000, left);
  const deadline = deadlineAfter(milliseconds);
  try {
    const options = {
      method: request.method ?? "GET",
      headers: { "user-agent": "keyfob", ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
      redirect: "manual",
      keepalive: false,
      verbose: false,
      tls: { rejectUnauthorized: true, ...trust.options },
    } as const;
    const proxy = proxyFor(request.url, trust.environment);
    return await takingProxy(proxy, (way) => fetch(request.url.href, { ...options, ...way }));
  } catch (cause) {
    if (request.signal?.aborted) throw request.signal.reason;
    throw networkFailure(request.url, cause, trust.environment);
  }
}

/**
 * A timeout for a process that may be stopped meanwhile, as by ctrl-Z: when it goes on, an answer that came in the
 * meantime is still there to be read, and what it holds may be had only once.
 */
function deadlineAfter(milliseconds: number): AbortSignal {
  const deadline = new AbortController();
  const due = performance.now() + milliseconds;
  const end = (): void => deadline.abort(new DOMException("The operation timed out.", "TimeoutError"));
  setTimeout(() => {
    if (performance.now() - due < LATE_MILLISECONDS) end();
    else setTimeout(end, SECOND_LOOK_MILLISECONDS).unref();
  }, milliseconds).unref();
  return deadline.signal;
}

/** A process that was stopped for a while must not send what another has sent meanwhile. */
function tooLate(url: URL): Unavailable {
  return new Unavailable(`Cannot send to ${describe(url)}: the time for it is over`, { code: "too_late" });
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
