/**
 * The loopback endpoint at which one child fetches fresh tokens for as long as it runs.
 *
 * @module
 */
import { Hono } from "hono";
import { ConfigurationError, KeyfobError, Unavailable } from "../errors.ts";
import { isSameSecret } from "../login/same_secret.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";

/** What the endpoint hands out. */
export interface TokenSource {
  /** The accounts that may be asked for; with one of them a request need not name it. */
  readonly accounts: readonly AccountName[];
  /** The JSON document of a fresh token. */
  readonly fresh: (name: AccountName) => Promise<object>;
}

/** A running endpoint. */
export interface TokenEndpoint {
  readonly url: string;
  /** 256 random bits, new for every run; sent as `Authorization: Bearer`. */
  readonly secret: string;
  stop(): Promise<void>;
}

/** Bytes of a request body: a GET has none. */
const LONGEST_BODY = 1024;
const SECRET_BYTES = 32;
const HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

/** What the web server tells the routes. */
interface Surroundings {
  readonly Bindings: { readonly port: number };
}

/** Starts the endpoint on a free port of 127.0.0.1. */
export function startTokenEndpoint(source: TokenSource): TokenEndpoint {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString("base64url");
  const app = createTokenApp(source, secret);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    // Compiled programs share ports by default: another one's could answer for ours.
    reusePort: false,
    development: false,
    maxRequestBodySize: LONGEST_BODY,
    // A refresh may take its time; the child decides how long it waits.
    idleTimeout: 255,
    fetch: (request, { port }) => app.fetch(request, { port: port ?? 0 }),
  });
  return {
    url: `http://127.0.0.1:${server.port}/token`,
    secret,
    stop: () => server.stop(true),
  };
}

/** The routes as an app that can be asked without a port; the binding `port` is what `Host` must name. */
export function createTokenApp(source: TokenSource, secret: string): Hono<Surroundings> {
  const app = new Hono<Surroundings>();
  app.use(async ({ req, env, json }, next) => {
    // A page that rebinds its name to this machine fails here, and one that sends requests blindly below.
    if (req.header("Host") !== `127.0.0.1:${env.port}`) return json(refusal("bad_host"), 400, HEADERS);
    if (req.header("Origin") !== undefined) return json(refusal("from_a_browser"), 403, HEADERS);
    if (!isSameSecret(req.header("Authorization") ?? "", `Bearer ${secret}`)) {
      return json(refusal("bad_secret"), 401, { ...HEADERS, "WWW-Authenticate": "Bearer" });
    }
    if (req.method !== "GET") return json(refusal("bad_method"), 405, { ...HEADERS, Allow: "GET" });
    await next();
  });
  app.get("/token", async ({ req, json }) => {
    const name = choose(source.accounts, req.query("account"));
    if (name === undefined) return json(refusal("unknown_account"), 404, HEADERS);
    return json(await source.fresh(name), 200, HEADERS);
  });
  app.notFound(({ json }) => json(refusal("not_found"), 404, HEADERS));
  app.onError((failure, { json }) => json(explain(failure), statusOf(failure), HEADERS));
  return app;
}

function choose(accounts: readonly AccountName[], asked: string | undefined): AccountName | undefined {
  if (asked !== undefined) return accounts.find((name) => formatAccountName(name) === asked);
  return accounts.length === 1 ? accounts[0] : undefined;
}

/** What is wrong with a request, for whoever writes the program that sends it. */
const REFUSALS = {
  bad_host: "the Host is not ours",
  from_a_browser: "a request with an Origin comes from a browser, which has no business here",
  bad_secret: "send the header Authorization: Bearer $KEYFOB_TOKEN_SECRET",
  bad_method: "the token can only be read",
  unknown_account: "name one of the accounts that keyfob run was given: ?account=PROVIDER/LABEL",
  not_found: "there is nothing here; ask for $KEYFOB_TOKEN_URL",
};

function refusal(code: keyof typeof REFUSALS): object {
  return { error: { code, message: REFUSALS[code], hint: null } };
}

function explain(failure: Error): object {
  if (!(failure instanceof KeyfobError)) {
    return { error: { code: "unexpected", message: "Something unexpected went wrong", hint: null } };
  }
  const { code, message, hint = null } = failure;
  return { error: { code, message, hint } };
}

/** 503: try again; 403: a person has to do something first; 500: keyfob is not set up right, or failed. */
function statusOf(failure: Error): 403 | 500 | 503 {
  if (failure instanceof Unavailable) return 503;
  return failure instanceof KeyfobError && !(failure instanceof ConfigurationError) ? 403 : 500;
}
