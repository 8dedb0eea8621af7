/**
 * Hides the secrets of a request in what a provider says of it: some repeat all they were sent in their errors.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import type { Client } from "./client.ts";

/** What a request carried that nobody may read; absent ones are passed over. */
export type Secrets = readonly (string | undefined)[];

/** Characters below which a text is no secret worth hiding: whole words would vanish with it. */
const SHORTEST_SECRET = 6;

/** The secret of a client, and what its Authorization header is made of (RFC 6749 section 2.3.1). */
export function secretsOf({ id, secret }: Client): string[] {
  if (secret === undefined || secret === "") return [];
  const pairs = [`${id}:${secret}`, `${formEncoded(id ?? "")}:${formEncoded(secret)}`];
  const strict = `${strictlyEncoded(id ?? "")}:${strictlyEncoded(secret)}`;
  return [secret, ...[...pairs, strict].map(base64)];
}

/** `text` without `secrets`, however they are spelled. */
export function conceal(text: string | undefined, secrets: Secrets): string | undefined {
  if (text === undefined) return undefined;
  const hidden = secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => spellings(secret ?? ""))
    .toSorted((one, other) => other.length - one.length);
  // Without what nobody sees, so that a secret is found that a provider breaks up.
  return hidden.reduce((rest, spelling) => rest.replaceAll(spelling, "…"), harmless(text, Infinity));
}

/** As it is, and as forms, addresses, JSON and pages write it. */
function spellings(secret: string): string[] {
  const text = secret.toWellFormed();
  const json = JSON.stringify(text).slice(1, -1);
  const encoded = [encodeURIComponent(text), formEncoded(text), percentEncoded(text), strictlyEncoded(text)];
  return [
    secret,
    ...encoded,
    ...encoded.map((spelling) => spelling.replaceAll(/%../g, (hex) => hex.toLowerCase())),
    json,
    json.replaceAll("/", "\\/"),
    Bun.escapeHTML(text),
  ];
}

function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

/** As oauth4webapi writes it in an Authorization header: a form that encodes all but letters and digits. */
function strictlyEncoded(text: string): string {
  const encode = (character: string): string =>
    `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replaceAll(/[-_.!~*'()]/g, encode);
}

/** Every byte, the most careful spelling of all. */
function percentEncoded(text: string): string {
  return Buffer.from(text).toString("hex").toUpperCase().replaceAll(/../g, "%$&");
}

/** Without its padding, which some leave out. */
function base64(text: string): string {
  return Buffer.from(text).toString("base64").replaceAll("=", "");
}
