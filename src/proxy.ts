/**
 * Which proxy a request takes, as the usual environment variables say.
 *
 * @module
 */
import { ConfigurationError } from "./errors.ts";
import { isExempt } from "./proxy_exemptions.ts";

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

/** The lists of what is reached without, the first that is not empty decides. */
const EXEMPTIONS = ["no_proxy", "NO_PROXY"] as const;

/** The proxy that a request to `url` takes; undefined where it goes directly. */
export function proxyFor(url: URL, environment: Environment): ProxyUse | undefined {
  if (isExempt(url, EXEMPTIONS.map((name) => environment[name]).find(Boolean) ?? "")) return undefined;
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

/**
 * Calls `start`, which begins one request with these options of `fetch`, so that it takes `proxy`, or goes directly.
 * Bun reads the variables while `fetch` is called, and would have a mind of its own, on loopback too. Before and after,
 * the environment is the one we were given: children get it.
 */
export function takingProxy<T>(
  proxy: ProxyUse | undefined,
  start: (options: { readonly proxy?: string }) => T,
): T {
  const { env } = process;
  const given = EXEMPTIONS.map((name) => [name, env[name]] as const);
  for (const [name] of given) setVariable(name, proxy === undefined ? "*" : undefined);
  try {
    return start(proxy === undefined ? {} : { proxy: addressOf(proxy.value)?.href ?? proxy.value });
  } finally {
    for (const [name, value] of given) setVariable(name, value);
  }
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}
