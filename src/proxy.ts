/**
 * Which proxy a request takes, as the usual environment variables say. Bun's fetch obeys them by itself; here they are
 * read for what people are told.
 *
 * @module
 */
import { ConfigurationError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy, and the variable that names it. */
export interface ProxyUse {
  readonly variable: string;
  /** What the variable says; may hold a password. */
  readonly value: string;
}

/** The variables for each scheme, the first that is set decides. */
const VARIABLES = {
  "https:": ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
  "http:": ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
} as const;

/** The proxy that a request to `url` takes; undefined where it goes directly. */
export function proxyFor(url: URL, environment: Environment): ProxyUse | undefined {
  if (isExempt(url, environment["no_proxy"] || environment["NO_PROXY"] || "")) return undefined;
  const variables = VARIABLES[url.protocol === "http:" ? "http:" : "https:"];
  const variable = variables.find((name) => environment[name]);
  return variable === undefined ? undefined : { variable, value: environment[variable] ?? "" };
}

/** The proxy as messages name it: without user and password. */
export function describeProxy({ variable, value }: ProxyUse): string {
  return `the proxy "${addressOf(value)?.host ?? "?"}" (${variable})`;
}

/**
 * Refuses proxies that cannot be spoken to, before anything is sent.
 *
 * @throws {ConfigurationError} `proxy_unsupported` or `bad_proxy`
 */
export function refuseUnusableProxy({ variable, value }: ProxyUse): void {
  const address = addressOf(value);
  if (address === undefined) {
    throw new ConfigurationError(`Cannot use ${variable}: it is not the address of a proxy`, {
      code: "bad_proxy",
      hint: `${variable}=http://HOST:PORT`,
    });
  }
  if (/^https?:$/.test(address.protocol)) return;
  throw new ConfigurationError(
    `Cannot use ${variable}: keyfob speaks to HTTP proxies only, and this is a "${address.protocol}//" one`,
    {
      code: "proxy_unsupported",
      hint: `${variable}=http://HOST:PORT, or NO_PROXY=HOST for what can be reached without`,
    },
  );
}

/** Proxies are often written without a scheme, which then means http. */
function addressOf(value: string): URL | undefined {
  const address = URL.parse(value.includes("://") ? value : `http://${value}`);
  return address === null || address.host === "" ? undefined : address;
}

/** Whether a list such as `localhost,.example.com,host:8443` names the host of `url`. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "http:" ? "80" : "443");
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [, name = "", wanted] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry.replace(/^\*?\./, "")) ?? [];
    if (name === "" || (wanted !== undefined && wanted !== port)) return entry === host;
    return host === name || host.endsWith(`.${name}`);
  });
}
