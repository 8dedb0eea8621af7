/**
 * The callback server: it listens for the provider's answer and shows the person how the login went.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Answer } from "../oauth/answer.ts";
import { createCallbackApp, LONGEST_ANSWER } from "./callback_app.ts";
import { bindListeners } from "./callback_bind.ts";
import type { Listeners } from "./callback_bind.ts";
import type { PageOutcome } from "./page.ts";

export type { PageOutcome } from "./page.ts";

/** What to listen for, and where. */
export interface CallbackOptions {
  /** 256 random bits, compared before anything else. */
  readonly state: string;
  /** Host of the redirect address. For `localhost`, both loopback families are listened on. */
  readonly host: "127.0.0.1" | "localhost" | "[::1]";
  /** `any`: an ephemeral port. A list is tried in order. */
  readonly ports: "any" | readonly number[];
  readonly path: string;
  readonly responseMode: "query" | "form_post" | "fragment";
  /** Further address to listen on (`--bind`); `Host` must be a loopback name all the same. */
  readonly bind?: string | undefined;
  readonly providerName: string;
  /** Told of every request that was not the answer, up to a limit. */
  readonly ignored?: ((what: string) => void) | undefined;
}

/** A server that is bound and listens. */
export interface CallbackServer {
  readonly redirectUri: string;
  readonly port: number;
  /** The first request with our state and a code or an error. Never rejects. */
  readonly answer: Promise<Answer>;
  /** Shows how it went, waits until that was read (or a short while), closes. */
  conclude(outcome: PageOutcome): Promise<void>;
  /** Closes the port, once; tabs that still wait are told that the login has ended. */
  close(): Promise<void>;
}

/** Milliseconds that open connections get to take their last bytes; an idle one must not hold the process. */
const DRAIN_MILLISECONDS = 500;
/** Milliseconds a browser gets to follow the redirect to the page, a slow phone behind a forwarded port included. */
const DELIVERY_MILLISECONDS = 2000;

const ADDRESSES = { "127.0.0.1": ["127.0.0.1"], "[::1]": ["::1"], localhost: ["127.0.0.1", "::1"] } as const;

const ENDED: PageOutcome = {
  ok: false,
  reason: "This login has ended, or it was completed in another way",
  hint: "look at the terminal",
};

/**
 * Binds, and listens until closed (RFC 8252 section 7.3).
 *
 * @throws {Unavailable} `port_busy` where no port can be bound
 * @throws {UsageError} `bind_address` where this machine lacks the address of `bind`
 */
export async function listen(options: CallbackOptions): Promise<CallbackServer> {
  const answer = Promise.withResolvers<Answer>();
  const outcome = Promise.withResolvers<PageOutcome>();
  const delivered = Promise.withResolvers<void>();
  let isAnswered = false;
  const listeners = bindListeners({
    addresses: addressesOf(options),
    required: options.bind,
    ports: options.ports,
    longestBody: LONGEST_ANSWER,
    fetch(request, server) {
      if (request.url.endsWith(donePath)) server.timeout(request, 0); // the login itself bounds this wait
      return app.fetch(request);
    },
  });
  const donePath = `/done/${randomBytes(16).toString("base64url")}`;
  const app = createCallbackApp({
    ...options,
    donePath,
    port: listeners.port,
    outcome: outcome.promise,
    delivered: delivered.resolve,
    ignored: options.ignored ?? (() => {}),
    answered(value) {
      isAnswered = true;
      answer.resolve(value);
    },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    outcome.resolve(ENDED);
    closing ??= shut(listeners);
    return closing;
  };
  return {
    port: listeners.port,
    redirectUri: `http://${options.host}:${listeners.port}${options.path}`,
    answer: answer.promise,
    close,
    async conclude(result) {
      outcome.resolve(result);
      if (isAnswered) await within(DELIVERY_MILLISECONDS, delivered.promise);
      await close();
    },
  };
}

/** Loopback, unless the further address is every address already: then both would want the same port. */
function addressesOf({ host, bind }: CallbackOptions): readonly string[] {
  if (bind === undefined) return ADDRESSES[host];
  return ["0.0.0.0", "::"].includes(bind) ? [bind] : [...new Set([bind, ...ADDRESSES[host]])];
}

/** Lets pages arrive, then ends what is still open (an idle browser connection, a half-sent header). */
async function shut(listeners: Listeners): Promise<void> {
  await within(DRAIN_MILLISECONDS, listeners.drain());
  listeners.cut();
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
