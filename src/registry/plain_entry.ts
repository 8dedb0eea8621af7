/**
 * Entries that say nothing but plain texts and addresses, and can be seen to be right without the whole schema.
 *
 * @module
 */
import type { RawObject } from "./merge.ts";
import { PROVIDER_ID } from "./schema.ts";

/** An entry of which {@link isPlain} said so. */
export interface PlainEntry extends RawObject {
  readonly name?: string;
  readonly docs?: string;
  readonly register_url?: string;
  readonly client_id?: string;
  readonly tier?: "verified" | "unverified";
}

/** Characters of a text; less than the schema allows. */
const LONGEST_TEXT = 1000;

/** An https address without placeholders, user, query, fragment and dot segments. */
const ADDRESS =
  /^https:\/\/(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/;

type Judge = (value: unknown) => boolean;

const JUDGES: Readonly<Record<string, Judge>> = {
  name: isText,
  docs: isText,
  register_url: isText,
  register_hint: isText,
  notice: isText,
  client_id: isText,
  tier: (value) => value === "verified" || value === "unverified",
  scopes: (value) => Array.isArray(value) && value.every(isText),
  issuer: isAddress,
  authorization_endpoint: isAddress,
  token_endpoint: isAddress,
  revocation_endpoint: isAddress,
  userinfo_endpoint: isAddress,
  jwks_uri: isAddress,
};

/**
 * Whether `raw`, the only word on `id`, is plain. Then `check.ts` finds nothing wrong with it; a test holds the two
 * together. It costs a tenth of a whole check, which a list of ten thousand entries feels.
 */
export function isPlain(id: string, raw: RawObject): raw is PlainEntry {
  const known = judged.get(raw);
  if (known?.id === id) return known.isPlain;
  const isPlain = looksPlain(id, raw);
  judged.set(raw, { id, isPlain });
  return isPlain;
}

/** Checking and listing both ask about the same entries. */
const judged = new WeakMap<RawObject, { readonly id: string; readonly isPlain: boolean }>();

function looksPlain(id: string, raw: RawObject): boolean {
  if (raw["issuer"] === undefined && raw["token_endpoint"] === undefined) return false;
  for (const name in raw) {
    if (!Object.hasOwn(JUDGES, name) || JUDGES[name]?.(raw[name]) !== true) return false;
  }
  return PROVIDER_ID.test(id);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_TEXT && !value.includes("{");
}

function isAddress(value: unknown): boolean {
  return typeof value === "string" && value.length <= LONGEST_TEXT && ADDRESS.test(value);
}
