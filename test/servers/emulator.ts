/**
 * Providers as strangers wrote them: the emulators of the npm package `emulate`, reached at the providers' own addresses.
 *
 * @module
 */
import { createEmulator, type Emulator } from "emulate";
import { createGuardedFetch, type GuardedFetch } from "../../src/guarded_fetch.ts";
import type { Redirected } from "./simulated_authorization.ts";

/** One emulated provider. */
export interface EmulatedService {
  readonly service: "apple" | "github" | "google" | "linear" | "microsoft" | "okta" | "slack" | "vercel";
  /** The address that it says it has. */
  readonly baseUrl: string;
  readonly seed?: Record<string, unknown>;
  /** Paths that the emulator serves elsewhere, by the provider's address without query. */
  readonly paths?: Readonly<Record<string, string>>;
}

/** A running emulator. */
export interface RunningEmulator extends AsyncDisposable {
  /** Reaches the emulator for every https address. */
  readonly fetch: GuardedFetch;
  /** Opens an authorization address as a browser would, and approves as the first person offered. */
  readonly approve: (url: string) => Promise<Redirected>;
}

/** Starts `described` on a free port of 127.0.0.1. */
export async function startEmulator(described: EmulatedService): Promise<RunningEmulator> {
  const port = freePort();
  const { service, baseUrl, seed } = described;
  const emulator: Emulator = await createEmulator({
    service,
    port,
    baseUrl,
    ...(seed === undefined ? {} : { seed }),
  });
  const guarded = createGuardedFetch();
  const moved = (url: URL): URL => {
    const path = described.paths?.[`${url.origin}${url.pathname}`] ?? url.pathname;
    return new URL(`http://127.0.0.1:${port}${path}${url.search}`);
  };
  return {
    fetch: (request) => guarded({ ...request, url: moved(request.url) }),
    approve: (url) => approve(moved(new URL(url))),
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

/** A port that was free a moment ago; the emulators take no "any". */
function freePort(): number {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const { port } = server;
  void server.stop(true);
  return port ?? 0;
}

async function approve(url: URL): Promise<Redirected> {
  const page = await fetch(url, { redirect: "manual" });
  const form = await readForm(page);
  const answer = await fetch(new URL(form.action, url), {
    method: "POST",
    body: form.fields,
    redirect: "manual",
  });
  const location = answer.headers.get("location");
  if (location !== null) return { address: new URL(location), parameters: new URLSearchParams() };
  const posted = await readForm(answer);
  return { address: new URL(posted.action), parameters: posted.fields };
}

/** The first form of a page. */
async function readForm(page: Response): Promise<{ action: string; fields: URLSearchParams }> {
  let forms = 0;
  let action = "";
  const fields = new URLSearchParams();
  const text = await page.clone().text();
  const rewriter = new HTMLRewriter()
    .on("form", {
      element(form) {
        forms += 1;
        if (forms === 1) action = form.getAttribute("action") ?? "";
      },
    })
    .on("form input", {
      element(input) {
        if (forms === 1) fields.set(input.getAttribute("name") ?? "", input.getAttribute("value") ?? "");
      },
    });
  await rewriter.transform(page).text();
  if (forms === 0)
    throw new Error(`there is no form to approve: ${text.replaceAll(/<[^>]*>/g, " ").slice(-300)}`);
  return {
    action: decodeEntities(action),
    fields: new URLSearchParams([...fields].map(([n, v]) => [n, decodeEntities(v)])),
  };
}

function decodeEntities(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#x2F;", "/")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
