/**
 * A scripted person: walks the pages of a test server by fetch, the way a browser would.
 *
 * @module
 */

/** Who signs in, and what they say to the client. */
export interface Person {
  readonly login: string;
  readonly password: string;
  readonly decision: "allow" | "deny";
}

/** The person most tests sign in as; every test server knows the password. */
export const ALICE: Person = { login: "alice", password: "correct horse", decision: "allow" };

/** Pages between the authorization address and the redirect; a walk longer than this goes in a circle. */
const MOST_PAGES = 20;

interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

interface Form {
  readonly action: string;
  /** Names of the inputs with the values that the page gave them. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Where a walk through a server's pages ends. */
type End = { readonly redirect: string } | { readonly page: string };

/**
 * Signs in at `url` and gives the address that the provider redirects to, without visiting it.
 *
 * @throws where the server shows an error page
 */
export async function signIn(url: string, person: Person = ALICE): Promise<string> {
  const end = await walk(url, person);
  if ("redirect" in end) return end.redirect;
  throw new Error(`The sign-in ends on a page: ${end.page}`);
}

/**
 * Approves a device at `url`, the address that holds the code, and gives the text of the last page.
 *
 * @throws where the server shows an error page
 */
export async function approveDevice(url: string, person: Person = ALICE): Promise<string> {
  const end = await walk(url, person);
  if ("page" in end) return end.page;
  throw new Error(`The approval leads away, to ${new URL(end.redirect).origin}`);
}

async function walk(url: string, person: Person): Promise<End> {
  const home = new URL(url).origin;
  const jar = new Map<string, Cookie>();
  let request = new Request(url);
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await visit(request, jar);
    const location = response.headers.get("location");
    if (location !== null) {
      const next = new URL(location, request.url);
      if (next.origin !== home) return { redirect: next.href };
      request = new Request(next);
      continue;
    }
    const text = await response.text();
    if (!response.ok) throw new Error(`The server answered ${response.status}: ${text}`);
    const form = readForm(text);
    if (form === undefined) return { page: text };
    request = submit(form, request.url, person);
  }
  throw new Error(`The sign-in at ${home} does not end`);
}

async function visit(request: Request, jar: Map<string, Cookie>): Promise<Response> {
  const { pathname } = new URL(request.url);
  const cookies = [...jar.values()].filter((cookie) => pathname.startsWith(cookie.path));
  if (cookies.length > 0) {
    request.headers.set("cookie", cookies.map(({ name, value }) => `${name}=${value}`).join("; "));
  }
  const response = await fetch(request, { redirect: "manual" });
  for (const line of response.headers.getSetCookie()) keepCookie(line, jar);
  return response;
}

function keepCookie(line: string, jar: Map<string, Cookie>): void {
  const cookie = Bun.Cookie.parse(line);
  const key = `${cookie.name} ${cookie.path}`;
  if (cookie.value === "" || cookie.isExpired()) jar.delete(key);
  else jar.set(key, { name: cookie.name, path: cookie.path, value: cookie.value });
}

function readForm(page: string): Form | undefined {
  let action: string | undefined;
  const fields = new Map<string, string>();
  new HTMLRewriter()
    .on("form", { element: (form) => void (action ??= form.getAttribute("action") ?? undefined) })
    .on("input", {
      element: (input) =>
        void fields.set(input.getAttribute("name") ?? "", input.getAttribute("value") ?? ""),
    })
    .transform(page);
  return action === undefined ? undefined : { action, fields };
}

function submit({ action, fields }: Form, base: string, person: Person): Request {
  const { login, password, decision } = person;
  const filled = fields.has("login") ? { login, password } : { decision };
  const body = new URLSearchParams({ ...Object.fromEntries(fields), ...filled });
  return new Request(new URL(action, base), { method: "POST", body });
}
