/**
 * Keeps client credentials at the origins that the layer which gave them knew (SAFETY.md, "Where credentials may go").
 *
 * @module
 */
import { type Contribution, fold } from "./chain.ts";
import { complete } from "./defaults.ts";
import { credentialOrigins } from "./origins.ts";
import type { CredentialBinding, Provider } from "./provider.ts";
import type { Entry } from "./schema.ts";
import { fillEntry, valuesOf, type VariableValues } from "./variables.ts";

/** What is left of the credentials, and why. */
export type BoundCredentials = Pick<Provider, "client_id" | "client_secret" | "binding" | "withheld">;

const CREDENTIALS = ["client_id", "client_secret"] as const;

/** One credential's binding, and what of the final entry lies outside it. */
interface Judgement {
  readonly binding: CredentialBinding;
  readonly foreign: readonly string[];
  readonly byFlag: boolean;
}

/**
 * Judges the credentials that `contributions` give, lowest first. A credential is bound to what the contributions up to
 * its own resolve to: with the defaults those know, and with `chosen` values only where they have no default, since an
 * entry that asks for its host means whichever one the person names.
 *
 * @throws {ConfigurationError} for an address that is not usable
 */
export function bindCredentials(
  contributions: readonly Contribution[],
  chosen: VariableValues,
): BoundCredentials {
  const final = fold(contributions);
  const reached = reach(final, chosen);
  const judged = CREDENTIALS.map((field) => judge(contributions, { field, chosen, reached }));
  const [id, secret] = [judged[0], belongsToId(contributions) ? judged[1] : undefined];
  const present = [id, secret].filter((judgement) => judgement !== undefined);
  const foreign = sorted(present.flatMap((judgement) => judgement.foreign));
  const bound = sorted(
    present.filter((judgement) => judgement.foreign.length > 0).flatMap(({ binding }) => binding.origins),
  );
  const keepsId = id !== undefined && id.foreign.length === 0;
  const keepsSecret = secret !== undefined && secret.foreign.length === 0 && (id === undefined || keepsId);
  const binding = common([keepsId ? id : undefined, keepsSecret ? secret : undefined]);
  return {
    ...(keepsId ? { client_id: final.client_id } : {}),
    ...(keepsSecret ? { client_secret: final.client_secret } : {}),
    ...(binding === undefined ? {} : { binding }),
    ...(foreign.length === 0 ? {} : { withheld: { bound, foreign } }),
  };
}

interface Reach {
  readonly origins: readonly string[];
  readonly issuer: string | undefined;
}

function judge(
  contributions: readonly Contribution[],
  facts: {
    readonly field: (typeof CREDENTIALS)[number];
    readonly chosen: VariableValues;
    readonly reached: Reach;
  },
): Judgement | undefined {
  if (fold(contributions)[facts.field] === undefined) return undefined;
  const giver = givenBy(contributions, facts.field);
  const known = fold(contributions.slice(0, giver + 1));
  const { origins, issuer } = reach(known, withoutDefaults(known, facts.chosen));
  const byFlag = contributions[giver]?.layer === "flags";
  const foreign = byFlag ? [] : facts.reached.origins.filter((origin) => !origins.includes(origin));
  const named = issuer !== undefined && issuer === facts.reached.issuer ? { issuer } : {};
  return { binding: { origins, ...named }, foreign, byFlag };
}

/** The last contribution that says something about `field`. */
function givenBy(contributions: readonly Contribution[], field: (typeof CREDENTIALS)[number]): number {
  return contributions.findLastIndex(({ raws }) => raws.some((raw) => Object.hasOwn(raw, field)));
}

/** A secret given below another client id is another client's secret. */
function belongsToId(contributions: readonly Contribution[]): boolean {
  const secretAt = givenBy(contributions, "client_secret");
  if (givenBy(contributions, "client_id") <= secretAt) return true;
  return fold(contributions.slice(0, secretAt + 1)).client_id === fold(contributions).client_id;
}

/** Where an entry sends secrets, codes and tokens, and the issuer whose metadata may add to that. */
export function reach(entry: Entry, chosen: VariableValues): Reach {
  const variables = valuesOf(entry, chosen);
  const provider = complete(fillEntry(entry, variables), {
    id: "",
    layer: "flags",
    builtIn: false,
    variables,
  });
  const page = provider.redirect.uri === undefined ? null : URL.parse(provider.redirect.uri);
  const pageOrigins = page === null ? [] : [page.origin === "null" ? page.protocol : page.origin];
  return {
    origins: sorted([...credentialOrigins(provider), ...pageOrigins]),
    issuer: provider.discovery === "fill" ? provider.issuer : undefined,
  };
}

/** What of `chosen` an entry asks for: where it has a default, it means that. */
export function withoutDefaults(entry: Entry, chosen: VariableValues): VariableValues {
  return Object.fromEntries(
    Object.entries(chosen).filter(([name]) => entry.variables?.[name]?.default === undefined),
  );
}

/** What all credentials that are left share; those given by flags follow the person wherever they point. */
function common(judgements: readonly (Judgement | undefined)[]): CredentialBinding | undefined {
  const bindings = judgements.flatMap((judgement) =>
    judgement === undefined || judgement.byFlag ? [] : [judgement.binding],
  );
  return bindings.length === 0 ? undefined : bindings.reduce(shared);
}

function shared(one: CredentialBinding, other: CredentialBinding): CredentialBinding {
  const origins = one.origins.filter((origin) => other.origins.includes(origin));
  const issuer = one.issuer !== undefined && one.issuer === other.issuer ? { issuer: one.issuer } : {};
  return { origins, ...issuer };
}

function sorted(origins: readonly string[]): string[] {
  return [...new Set(origins)].sort();
}
