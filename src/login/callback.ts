/**
 * The callback server: it listens for the provider's answer and shows the person how the login went.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { isIPv4 } from "node:net";
import type { GuardedFetch } from "../guarded_fetch.ts";
import type { Answer } from "../oauth/answer.ts";
import { createCallbackApp, LONGEST_ANSWER } from "./callback_app.ts";
import { bindMakingRoom } from "./callback_room.ts";
import type { Listeners } from "./callback_bind.ts";
import type { PageOutcome } from "./page.ts";
import { isStepAsideRequest } from "./step_aside.ts";

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
  /** The address that the provider redirects to, where that is another one which forwards here. */
  readonly publicAddress?: string | undefined;
  readonly responseMode: "query" | "form_post" | "fragment";
  /** Further address to listen on (`--bind`); `Host` must be a loopback name all the same. */
  readonly bind?: string | undefined;
  readonly providerName: string;
  /** Lets an older login of ours be asked for its port, and this one be asked for its own. */
  readonly neighbours?: { readonly folder: string; readonly fetch: GuardedFetch } | undefined;
  /** Told of every request that was not the answer, up to a limit. */
  readonly ignored?: ((what: string) => void) | undefined;
}

/** A server that is bound and listens. */
export interface CallbackServer {
  readonly redirectUri: string;
  readonly port: number;
  /** The first request with our state and a code or an error. Never rejects. */
  readonly answer: Promise<Answer>;
  /** Resolves where another login of ours took the port over; then no answer comes any more. */
  readonly steppedAside?: Promise<void>;
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
  const { publicAddress } = options;
  const answer = Promise.withResolvers<Answer>();
  const outcome = Promise.withResolvers<PageOutcome>();
  const delivered = Promise.withResolvers<void>();
  const steppedAside = Promise.withResolvers<void>();
  let isAnswered = false;
  const { neighbours } = options;
  const listeners = await bindMakingRoom(
    {
      addresses: addressesOf(options),
      required: options.bind,
      ports: options.ports,
      longestBody: LONGEST_ANSWER,
      fetch(request, server) {
        if (request.url.endsWith(donePath)) server.timeout(request, 0); // the login itself bounds this wait
        return app.fetch(request);
      },
    },
    neighbours && { ...neighbours, host: options.host === "[::1]" ? "[::1]" : "127.0.0.1" },
  );
  const donePath = `${pathBelow(options)}/done/${randomBytes(16).toString("base64url")}`;
  const app = createCallbackApp({
    ...options,
    donePath,
    port: listeners.port,
    publicHost: publicAddress === undefined ? undefined : new URL(publicAddress).host,
    outcome: outcome.promise,
    delivered: delivered.resolve,
    ignored: options.ignored ?? (() => {}),
    async stepAside(request) {
      const isOurs = neighbours !== undefined && !isAnswered;
      const where = { folder: neighbours?.folder ?? "", port: listeners.port };
      if (!isOurs || !(await isStepAsideRequest(request, where))) return false;
      setTimeout(() => {
        void close();
        steppedAside.resolve();
      });
      return true;
    },
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
    redirectUri: publicAddress ?? `http://${options.host}:${listeners.port}${options.path}`,
    answer: answer.promise,
    steppedAside: steppedAside.promise,
    close,
    async conclude(result) {
      outcome.resolve(result);
      if (isAnswered) await within(DELIVERY_MILLISECONDS, delivered.promise);
      await close();
    },
  };
}

/** A web address may forward no more than its own path and what is below. */
function pathBelow({ publicAddress, path }: CallbackOptions): string {
  return publicAddress === undefined ? "" : path.replace(/\/+$/, "");
}

/** Loopback besides the further address, but for what that one covers: both would want the same port. */
function addressesOf({ host, bind }: CallbackOptions): readonly string[] {
  if (bind === undefined) return ADDRESSES[host];
  const isCovered = (address: string): boolean =>
    bind === "::" || address === bind || (bind === "0.0.0.0" && isIPv4(address));
  return [bind, ...ADDRESSES[host].filter((address) => !isCovered(address))];
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
