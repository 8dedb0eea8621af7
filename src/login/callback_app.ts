/**
 * The web server's routes: the callback itself, and the page that tells how the login went.
 *
 * @module
 */
import { Hono } from "hono";
import type { Context } from "hono";
import { harmless } from "../hostile_text.ts";
import type { Answer } from "../oauth/answer.ts";
import { isFromOurPage, isOurHost, isPrefetch, readAnswer, readForm } from "./callback_request.ts";
import { FRAGMENT_SCRIPT, fragmentPage } from "./fragment_page.ts";
import { donePage, strayPage } from "./page.ts";
import type { PageOutcome } from "./page.ts";
import { pageHeaders, plainHeaders } from "./page_headers.ts";
import { STEP_ASIDE_PATH } from "./step_aside.ts";

/** What the routes need. */
export interface CallbackAppOptions {
  readonly state: string;
  readonly path: string;
  readonly responseMode: "query" | "form_post" | "fragment";
  readonly providerName: string;
  /** One-time path of the page that waits for the outcome. */
  readonly donePath: string;
  readonly port: number;
  /** Host of an address that forwards here. */
  readonly publicHost?: string | undefined;
  readonly outcome: Promise<PageOutcome>;
  readonly answered: (answer: Answer) => void;
  readonly delivered: () => void;
  readonly ignored: (what: string) => void;
  /** Gives the port up where `request` may ask for it. */
  readonly stepAside: (request: Request) => Promise<boolean>;
}

/** Bytes of a posted answer, and characters of an address: codes are a few thousand at most. */
export const LONGEST_ANSWER = 32_768;
/** Requests that are not ours before they get nothing but a status. Ours is taken all the same. */
const STRAY_REQUESTS = 200;
/** Tabs that may wait for the outcome at once; a person has one or two. */
const WAITING_TABS = 16;

type RefusalStatus = 400 | 403 | 404 | 405 | 413 | 429 | 500;

/** The routes as an app that can be asked without a port. */
export function createCallbackApp(options: CallbackAppOptions): Hono {
  const app = new Hono();
  const refuse = refuser(options);
  app.use(async (context, next) => {
    const { headers } = context.req.raw;
    if (!isOurHost(headers.get("Host"), options)) return refuse(context, 400, "the Host is not ours");
    if (context.req.raw.url.length > LONGEST_ANSWER) return refuse(context, 413, "the address is too long");
    // Before any route: hono would answer a HEAD request with the GET handler, and so spend the answer.
    if (context.req.method === "HEAD") return refuse(context, 405, "HEAD asks for nothing");
    if (isPrefetch(headers)) return refuse(context, 404, "the browser only prefetches");
    return next();
  });
  addCallbackRoutes(app, options, refuse);
  addDoneRoute(app, options, refuse);
  app.post(STEP_ASIDE_PATH, async (context) =>
    (await options.stepAside(context.req.raw))
      ? context.body(null, 204, plainHeaders())
      : refuse(context, 404, "it may not ask for the port"),
  );
  app.notFound((context) => refuse(context, 404, "there is no such page"));
  app.onError((_error, context) => refuse(context, 500, "it could not be read"));
  return app;
}

type Refuse = (context: Context, status: RefusalStatus, why: string) => Response;

function addCallbackRoutes(app: Hono, options: CallbackAppOptions, refuse: Refuse): void {
  const take = (context: Context, parameters: URLSearchParams): Response => {
    const reading = readAnswer(parameters, options.state);
    if ("stray" in reading) return refuse(context, 400, reading.stray);
    options.answered(reading.answer);
    // At once, and to another address: the code must not stay in the address bar or the history (STANDARDS 74).
    return context.body(null, 303, { ...plainHeaders(), Location: options.donePath });
  };
  app.all(options.path, async (context) => {
    const { method, raw } = context.req;
    if (method === "GET") {
      const parameters = new URL(raw.url).searchParams;
      const isForScript = options.responseMode === "fragment" && !parameters.has("state");
      if (!isForScript) return take(context, parameters);
      return context.body(fragmentPage(options.providerName), 200, pageHeaders(FRAGMENT_SCRIPT));
    }
    if (method !== "POST" || options.responseMode === "query") {
      return refuse(context, 405, "the method is not the one asked for");
    }
    if (options.responseMode === "fragment" && !isFromOurPage(raw.headers, options)) {
      return refuse(context, 403, "the form is not from our page");
    }
    const form = await readForm(raw, LONGEST_ANSWER);
    return form === undefined ? refuse(context, 400, "it is not a form, or too long") : take(context, form);
  });
}

function addDoneRoute(app: Hono, options: CallbackAppOptions, refuse: Refuse): void {
  let waiting = 0;
  app.all(options.donePath, async (context) => {
    if (context.req.method !== "GET") return refuse(context, 405, "the page can only be read");
    if (waiting >= WAITING_TABS) return refuse(context, 429, "too many tabs wait already");
    waiting += 1;
    const outcome = await options.outcome;
    waiting -= 1;
    options.delivered();
    return context.body(donePage(options.providerName, outcome), 200, pageHeaders());
  });
}

/** Answers a stray request, and notes it while there are few. */
function refuser({ providerName, ignored }: CallbackAppOptions): Refuse {
  let count = 0;
  return (context, status, why) => {
    count += 1;
    if (count > STRAY_REQUESTS) return context.body(null, 429, plainHeaders());
    ignored(`Ignored ${harmless(`${context.req.method} ${context.req.path}`, 80)}: ${why}`);
    const isForPeople = status === 400 && context.req.method !== "HEAD";
    if (isForPeople) return context.body(strayPage(providerName), status, pageHeaders());
    return context.body(null, status, plainHeaders());
  };
}
