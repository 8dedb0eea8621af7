/**
 * Lints of registry entries, each for a mistake that real registries make.
 *
 * @module
 */
import { parse } from "tldts";
import { addresses, steps } from "../../src/registry/addresses.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { placeholders } from "../../src/registry/template.ts";

/** What is wrong with an entry, in words; nothing where it is fine. */
export type Lint = (entry: Entry) => string[];

/** Registrable domains that belong to one provider, and why. Every other mix is a mistake until it stands here. */
export const FAMILIES: readonly (readonly [why: string, ...domains: string[]])[] = [
  ["Google's APIs have their own domain", "google.com", "googleapis.com"],
  ["Microsoft Graph is at Microsoft's main domain", "microsoftonline.com", "microsoft.com"],
  ["Dropbox's API", "dropbox.com", "dropboxapi.com"],
  ["HubSpot's API", "hubspot.com", "hubapi.com"],
  ["Intercom's API", "intercom.com", "intercom.io"],
  ["TikTok's API", "tiktok.com", "tiktokapis.com"],
  ["Eventbrite's API", "eventbrite.com", "eventbriteapi.com"],
  ["Epic's API", "epicgames.com", "epicgames.dev"],
  ["Withings' API", "withings.com", "withings.net"],
  ["Yandex answers who is logged in from Russia", "yandex.com", "yandex.ru"],
  ["Stack Overflow is one site of Stack Exchange", "stackoverflow.com", "stackexchange.com"],
  [
    "Zoho's data centres (https://www.zoho.com/accounts/protocol/oauth/multi-dc.html)",
    "zoho.com",
    "zoho.eu",
    "zoho.in",
    "zoho.com.au",
    "zoho.jp",
    "zohocloud.ca",
    "zoho.sa",
    "zoho.uk",
    "zoho.com.cn",
  ],
];

/** Every lint by what it wants. */
export const LINTS: Readonly<Record<string, Lint>> = {
  "keeps to one registrable domain, or to an explained family": strayDomains,
  "speaks https alone": plainHttp,
  "uses every variable and every list of hosts that it declares": unusedDeclarations,
  "uses only values that it keeps": unkeptValues,
  "has no scope with a separator in it": joinedScopes,
  "says where the provider documents it": missingDocs,
  "says how a client with a secret authenticates": silentAuthentication,
  "names unverified endpoints that it has": absentUnverified,
  "says whether two sources agree, and how PKCE is done": silentFacts,
  "names one place for each purpose": doubledEndpoints,
};

function strayDomains(entry: Entry): string[] {
  const [home, ...others] = domainsOf(entry);
  return others.filter((domain) => !areRelated(home ?? "", domain));
}

/** Registrable domains of an entry's addresses, with the hosts that placeholders may choose among. */
export function domainsOf(entry: Entry): string[] {
  const templates = addresses(entry).map(({ template }) => withDefaults(template, entry));
  const fixed = templates.filter(
    (template) => !/^https?:\/\/[^/]*\{(?:callback|kept|device)\./.test(template),
  );
  const listed = Object.values(entry.hosts ?? {}).flatMap((hosts) => hosts.map((host) => `https://${host}/`));
  return [...new Set([...fixed, ...listed].map(domainOf))];
}

function withDefaults(template: string, { variables = {} }: Entry): string {
  return template.replaceAll(
    /\{([a-z_]+)\}/g,
    (_, name: string) => variables[name]?.default ?? `any-${name.replace("_", "-")}`,
  );
}

function domainOf(address: string): string {
  const host = /^https?:\/\/([^/?#]*)/.exec(address)?.[1] ?? "";
  return parse(host).domain ?? host;
}

function areRelated(one: string, other: string): boolean {
  return one === other || FAMILIES.some(([, ...family]) => family.includes(one) && family.includes(other));
}

function plainHttp(entry: Entry): string[] {
  const docs = [entry.docs ?? []].flat();
  const all = [...addresses(entry).map(({ template }) => template), ...docs, entry.register_url ?? "https:"];
  return all.filter((address) => !address.startsWith("https:"));
}

function unusedDeclarations(entry: Entry): string[] {
  const { variables = {}, hosts = {}, ...rest } = entry;
  const used = placeholders(JSON.stringify(rest));
  return [...Object.keys(variables), ...Object.keys(hosts)].filter((name) => !used.includes(name));
}

function unkeptValues(entry: Entry): string[] {
  const kept = steps(entry).flatMap(({ step }) => Object.keys(step.response?.keep ?? {}));
  const fromCallback = entry.callback?.keep ?? [];
  const fromClaims = Object.keys(entry.id_token?.keep ?? {});
  const available = new Set([...kept, ...fromCallback, ...fromClaims].map((name) => `kept.${name}`));
  for (const name of fromCallback) available.add(`callback.${name}`);
  return placeholders(JSON.stringify(entry)).filter(
    (name) => /^(?:kept|callback)\./.test(name) && !available.has(name),
  );
}

function joinedScopes({ scopes = [], scope_separator: separator = " ", device }: Entry): string[] {
  return [...scopes, ...(device?.scopes ?? [])].filter(
    (scope) => scope.includes(separator) || /[\s,]/.test(scope),
  );
}

function missingDocs({ docs }: Entry): string[] {
  return docs === undefined || [docs].flat().length === 0 ? ["no docs"] : [];
}

function silentAuthentication(entry: Entry): string[] {
  const {
    client_secret_use: use,
    token_endpoint_auth_methods_supported: methods = [],
    client_secret: secret,
  } = entry;
  const known = methods.filter((method) =>
    ["none", "client_secret_basic", "client_secret_post"].includes(method),
  );
  if (known.length === 0) return ["no authentication method that keyfob speaks"];
  const hasSecret = secret !== undefined || use !== "none";
  const takesSecret = known.some((method) => method !== "none");
  if (hasSecret !== takesSecret)
    return [`client_secret_use is "${use}", the methods are ${known.join(", ")}`];
  return use === "required" && known.includes("none") ? ["a secret is required, and so is none"] : [];
}

function absentUnverified(entry: Entry): string[] {
  const step = {
    device_authorization_endpoint: entry.device?.request,
    revocation_endpoint: entry.revoke,
    userinfo_endpoint: entry.whoami,
  };
  return (entry.unverified_endpoints ?? []).filter(
    (name) => entry[name] === undefined && step[name]?.endpoint === undefined,
  );
}

function silentFacts(entry: Entry): string[] {
  const {
    tier,
    pkce,
    code_challenge_methods_supported: methods = [],
    authorization_endpoint: address,
  } = entry;
  const wantsMethods = address !== undefined && pkce !== "off";
  return [
    ...(tier === undefined ? ["no tier"] : []),
    ...(address !== undefined && pkce === undefined ? ["PKCE is not mentioned"] : []),
    ...(wantsMethods === methods.length > 0 ? [] : ["code_challenge_methods_supported does not fit pkce"]),
  ];
}

/** A step's own address beside the standard one: one of the two is never asked. */
function doubledEndpoints(entry: Entry): string[] {
  const pairs = [
    ["revoke", entry.revoke?.endpoint, entry.revocation_endpoint],
    ["whoami", entry.whoami?.endpoint, entry.userinfo_endpoint],
    ["device.request", entry.device?.request?.endpoint, entry.device_authorization_endpoint],
  ];
  return pairs.flatMap(([name, own, standard]) =>
    own !== undefined && standard !== undefined ? [`${name} has two`] : [],
  );
}
