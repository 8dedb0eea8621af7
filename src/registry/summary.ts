/**
 * What a list shows of a provider.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import type { Layer } from "./provider.ts";
import type { Entry } from "./schema.ts";

/** One line of `providers list`. */
export interface ProviderSummary {
  readonly id: string;
  readonly name: string;
  readonly layer: Layer;
  readonly tier: "verified" | "unverified";
  /** Whether a client is configured, with its secret where one is needed, and no variable has to be asked for. */
  readonly ready: boolean;
  /** Set where nothing is missing but a secret, which the vault may have. */
  readonly lacksSecret?: true;
}

/** What of an entry, or of a resolved provider, is looked at. */
type Described = Pick<
  Entry,
  "name" | "tier" | "client_id" | "client_secret" | "client_secret_use" | "authorize"
>;

/** Of an entry whose name and client are certain. `missing` counts variables without a value. */
export function summaryOf(id: string, layer: Layer, described: Described, missing: number): ProviderSummary {
  const { name = id, tier = "unverified" } = described;
  const isSet = missing === 0 && hasClient(described);
  const lacksSecret = isSet && needsSecret(described) && described.client_secret === undefined;
  const summary = { id, name: harmless(name), layer, tier, ready: isSet && !lacksSecret };
  return lacksSecret ? { ...summary, lacksSecret } : summary;
}

/** Of an entry that cannot be used. */
export function summaryOfBroken(id: string, layer: Layer): ProviderSummary {
  return { id: harmless(id, 80), name: harmless(id, 80), layer, tier: "unverified", ready: false };
}

/** Variables of an entry that a person has to give a value. */
export function variablesToAsk({ variables = {} }: Pick<Entry, "variables">): number {
  return Object.values(variables).filter(({ default: usual }) => usual === undefined).length;
}

/** A few providers know no clients: their entries leave `client_id` out of the address. */
function hasClient({ client_id: id, authorize }: Described): boolean {
  return id !== undefined || authorize?.omit?.includes("client_id") === true;
}

function needsSecret({ client_secret_use: use }: Described): boolean {
  return use === "required" || use === "not_confidential";
}
