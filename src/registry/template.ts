/**
 * Registry text with {placeholders}, filled in and encoded by where each placeholder stands.
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { starredAddress } from "./fixed_secrets.ts";

/** Values by flat name: `state`, `tenant`, `device.user_code`, `kept.realm`, `callback.realmId`, `claims.tid`. */
export type TemplateValues = Readonly<Record<string, string | undefined>>;

/** Closed lists of hosts, by the name of the placeholder that chooses from them. */
export type TemplateHosts = Readonly<Record<string, readonly string[]>>;

/** Placeholders that keyfob fills in itself; an entry cannot declare a variable of the same name. */
export const PLAIN_PLACEHOLDERS = [
  "app",
  "state",
  "code",
  "redirect_uri",
  "client_id",
  "scope",
  "access_token",
  "refresh_token",
] as const;

const PLACEHOLDER = /\{([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)?)\}/g;

/** Letters, digits and inner dashes between dots: what DNS knows; or a bracketed IPv6 address. Then maybe a port. */
const HOST =
  /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]{1,5})?$/;

/** Backslashes and white space mean something else to a URL parser than to a reader. */
const MISLEADING = /[\\\s\p{Cc}]/u;

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

type Part = "scheme" | "host" | "path" | "query" | "fragment";

/** Names of the placeholders in `template`, each once, in order. */
export function placeholders(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] ?? ""))];
}

/** Names of the placeholders that stand in the host of the address `template`. */
export function hostPlaceholders(template: string): string[] {
  const found = Array.from(template.matchAll(PLACEHOLDER)).filter(
    (match) => partAt(template, match.index) === "host",
  );
  return found.map((match) => match[1] ?? "");
}

/** Whether `value` may stand in an address's host: host characters and an optional port, nothing else. */
export function isHostValue(value: string): boolean {
  return HOST.test(value);
}

/** Whether `hostname`, as a `URL` writes it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK_HOSTS.has(hostname);
}

/**
 * `template` with every placeholder replaced; an undefined value becomes the empty string, and so does a dotted
 * name (`kept.*`, `callback.*` …) that nobody gave. In a `url`, values are encoded for the part they stand in.
 *
 * @throws {ConfigurationError} for a placeholder that is not in `values`, or a value that its place forbids
 */
export function fillTemplate(template: string, values: TemplateValues, position: "url" | "text"): string {
  return position === "text"
    ? template.replaceAll(PLACEHOLDER, (_, name: string) => valueOf(name, values, template))
    : fillAddress(template, values, {});
}

/**
 * `template` with the declared variables replaced and every other placeholder left for later.
 *
 * @throws {ConfigurationError} for a value that its place forbids
 */
export function fillVariables(
  template: string,
  variables: Readonly<Record<string, string>>,
  position: "url" | "text",
): string {
  return template.replaceAll(PLACEHOLDER, (whole: string, name: string, offset: number) => {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) return whole;
    return position === "text"
      ? value
      : encodeFor(partAt(template, offset), { name, value, template, hosts: {} });
  });
}

/**
 * The address that `template` makes: https, or http on a loopback host, without user, password and fragment.
 *
 * @throws {ConfigurationError} otherwise
 */
export function fillEndpoint(template: string, values: TemplateValues, hosts: TemplateHosts = {}): URL {
  return parseEndpoint(fillAddress(template, values, hosts), template);
}

function fillAddress(template: string, values: TemplateValues, hosts: TemplateHosts): string {
  return template.replaceAll(PLACEHOLDER, (_, name: string, offset: number) =>
    encodeFor(partAt(template, offset), { name, value: valueOf(name, values, template), template, hosts }),
  );
}

/** Which part of an address the character at `offset` belongs to. Placeholders hold none of the delimiters. */
function partAt(template: string, offset: number): Part {
  const schemeEnd = template.indexOf("://");
  if (schemeEnd < 0 || offset < schemeEnd) return "scheme";
  const delimiters = new Set(template.slice(schemeEnd + 3, offset));
  if (delimiters.has("#")) return "fragment";
  if (delimiters.has("?")) return "query";
  return delimiters.has("/") ? "path" : "host";
}

function valueOf(name: string, values: TemplateValues, template: string): string {
  if (Object.hasOwn(values, name)) return values[name] ?? "";
  if (name.includes(".")) return "";
  throw new ConfigurationError(
    `Cannot fill in "{${name}}" of "${shown(template)}": no such placeholder here`,
    {
      code: "unknown_placeholder",
    },
  );
}

interface Filling {
  readonly name: string;
  readonly value: string;
  readonly template: string;
  readonly hosts: TemplateHosts;
}

function encodeFor(part: Part, filling: Filling): string {
  if (part === "host") return hostValue(filling);
  if (part !== "scheme") return encodeURIComponent(filling.value.toWellFormed());
  throw misplaced(filling, "a placeholder cannot choose the scheme of an address");
}

function hostValue(filling: Filling): string {
  const { name, value, hosts } = filling;
  if (name.includes(".")) return listedHost(filling, Object.hasOwn(hosts, name) ? hosts[name] : undefined);
  if (PLAIN_PLACEHOLDERS.some((known) => known === name)) {
    throw misplaced(filling, "only variables and placeholders with a list in `hosts` may choose a host");
  }
  if (isHostValue(value)) return value;
  throw new ConfigurationError(`Cannot use "${harmless(value)}" as "${name}": it is not a host name`, {
    code: "bad_host",
    hint: "give letters, digits, dots and dashes, and a port at most, such as example.com or example.com:8443",
  });
}

/** A host from a stranger, only as the entry lists it. Some providers send it as `https://host`. */
function listedHost(filling: Filling, listed: readonly string[] | undefined): string {
  if (listed === undefined)
    throw misplaced(filling, `the entry has no list for "${filling.name}" in \`hosts\``);
  const host = filling.value.replace(/^https:\/\//, "").replace(/\/$/, "");
  if (listed.includes(host) && isHostValue(host)) return host;
  throw misplaced(filling, "the value is not in the entry's list of hosts");
}

function misplaced({ name, template }: Filling, reason: string): ConfigurationError {
  return new ConfigurationError(`Cannot fill in "{${name}}" of "${shown(template)}": ${reason}`, {
    code: "misplaced_placeholder",
  });
}

/** A template as an error names it. */
function shown(template: string): string {
  return harmless(starredAddress(template));
}

function parseEndpoint(address: string, template: string): URL {
  const said = shown(template);
  const authority = /^https?:\/\/([^/?#]+)/i.exec(address)?.[1];
  if (authority === undefined || MISLEADING.test(address) || !URL.canParse(address)) {
    throw badAddress(said, "it is not an http(s) address");
  }
  const url = new URL(address);
  if (authority.includes("@")) throw badAddress(said, "it holds a user name");
  if (address.includes("#")) throw badAddress(said, "it holds a fragment");
  if (hasDotSegment(address)) throw badAddress(said, "its path holds a dot segment");
  if (url.protocol === "https:" || isLoopbackHost(url.hostname)) return url;
  throw badAddress(said, "plain http is for loopback hosts alone");
}

/** Whether the path steps up or stays by `.` or `..`, written out or percent-encoded. */
function hasDotSegment(address: string): boolean {
  const path = (address.split("?")[0] ?? "").replaceAll(/%2e/gi, ".");
  return path.split("/").some((segment) => segment === "." || segment === "..");
}

function badAddress(said: string, reason: string): ConfigurationError {
  return new ConfigurationError(`Cannot use the address "${said}": ${reason}`, {
    code: "bad_endpoint",
    hint: "use https, or http on 127.0.0.1, [::1] or localhost",
  });
}
