/**
 * The origins that a provider's secrets, codes and tokens reach.
 *
 * @module
 */
import { type Address, type Addressed, addresses } from "./addresses.ts";
import type { Provider } from "./provider.ts";
import {
  fillEndpoint,
  hostPlaceholders,
  placeholders,
  type TemplateHosts,
  type TemplateValues,
} from "./template.ts";

/**
 * Origins (scheme, host, port) that receive a secret, a code, a token or the person's password; sorted, each once.
 * An issuer counts while discovery may fill, since its metadata chooses endpoints.
 *
 * @throws {ConfigurationError} for an address that is not usable
 */
export function credentialOrigins(provider: Addressed & Pick<Provider, "discovery" | "hosts">): string[] {
  const reached = addresses(provider).filter(
    ({ path, receives }) => receives || (path[0] === "issuer" && provider.discovery === "fill"),
  );
  return [...new Set(reached.flatMap((address) => addressOrigins(address, provider.hosts)))].sort();
}

/** The origins that one address can have: one, or one for each listed host; none while its host is not known. */
function addressOrigins({ template }: Address, hosts: TemplateHosts): string[] {
  const elsewhere = Object.fromEntries(placeholders(template).map((name) => [name, "any"]));
  return hostChoices(hostPlaceholders(template), hosts).map(
    (choice) => fillEndpoint(template, { ...elsewhere, ...choice }, hosts).origin,
  );
}

/** Every combination of listed hosts for the placeholders `names`. */
function hostChoices(names: readonly string[], hosts: TemplateHosts): TemplateValues[] {
  let choices: TemplateValues[] = [{}];
  for (const name of new Set(names)) {
    const listed = Object.hasOwn(hosts, name) ? (hosts[name] ?? []) : [];
    choices = choices.flatMap((choice) => listed.map((host) => Object.assign({}, choice, { [name]: host })));
  }
  return choices;
}
