/**
 * Sealing records with AES-256-GCM, each bound to its place in one store.
 *
 * A sealed record is: format (1 byte), key id (8), nonce (12), ciphertext, tag (16).
 *
 * @module
 */
import { ConfigurationError } from "../errors.ts";
import { fingerprintOf } from "./key_bytes.ts";
import type { KeyBytes } from "./key_bytes.ts";

/** Bytes as WebCrypto and the store exchange them. */
export type SealedBytes = Uint8Array<ArrayBuffer>;

/** What a record is and which row holds it: no record can be passed off as another. */
export interface RecordPlace {
  readonly kind: "session" | "answer" | "attempt" | "client_secret" | "identity";
  readonly rowId: string;
}

/** Seals and opens the records of one store with one key. */
export interface Sealer {
  /** Names the key; stands in every record that it sealed. */
  readonly keyId: string;
  seal(place: RecordPlace, text: string): Promise<SealedBytes>;
  /** @throws {ConfigurationError} code `unsealing_failed`: another key, another place, or changed bytes */
  open(place: RecordPlace, sealed: Uint8Array): Promise<string>;
}

const FORMAT = 1;
const KEY_ID_BYTES = 8;
/** 96 bits, what GCM is made for; random, so one key stays safe for 2^32 records (NIST SP 800-38D 8.3). */
const NONCE_BYTES = 12;
const NONCE_AT = 1 + KEY_ID_BYTES;
const CIPHERTEXT_AT = NONCE_AT + NONCE_BYTES;

/**
 * `fingerprint` is the key's own; where the one that the store records is given instead, only the right key opens
 * anything.
 */
export async function createSealer(
  key: KeyBytes,
  storeId: string,
  fingerprint: string = fingerprintOf(key),
): Promise<Sealer> {
  const cryptoKey = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
  const keyId = fingerprint.slice(0, KEY_ID_BYTES * 2);
  return {
    keyId,
    seal: (place, text) => seal(cryptoKey, keyId, boundTo(storeId, place, keyId), text),
    open: (place, sealed) => open(cryptoKey, keyId, boundTo(storeId, place, keyId), sealed),
  };
}

/** Which key a record was sealed with: the first half of its fingerprint. */
export function keyIdOf(sealed: Uint8Array): string {
  return sealed.slice(1, NONCE_AT).toHex();
}

/** The associated data. JSON keeps the parts apart whatever they hold. */
function boundTo(storeId: string, place: RecordPlace, keyId: string): SealedBytes {
  return new TextEncoder().encode(JSON.stringify([FORMAT, storeId, place.rowId, place.kind, keyId]));
}

async function seal(key: CryptoKey, keyId: string, bound: SealedBytes, text: string): Promise<SealedBytes> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const parameters = { name: "AES-GCM", iv: nonce, additionalData: bound };
  const ciphertext = await crypto.subtle.encrypt(parameters, key, new TextEncoder().encode(text));
  const sealed = new Uint8Array(CIPHERTEXT_AT + ciphertext.byteLength);
  sealed[0] = FORMAT;
  sealed.set(Uint8Array.fromHex(keyId), 1);
  sealed.set(nonce, NONCE_AT);
  sealed.set(new Uint8Array(ciphertext), CIPHERTEXT_AT);
  return sealed;
}

async function open(key: CryptoKey, keyId: string, bound: SealedBytes, sealed: Uint8Array): Promise<string> {
  if (sealed[0] !== FORMAT) throw cannotOpen("it has a form that this version does not know");
  if (keyIdOf(sealed) !== keyId) throw cannotOpen("it was sealed with another key");
  const parameters = { name: "AES-GCM", iv: sealed.slice(NONCE_AT, CIPHERTEXT_AT), additionalData: bound };
  try {
    const plain = await crypto.subtle.decrypt(parameters, key, sealed.slice(CIPHERTEXT_AT));
    return new TextDecoder().decode(plain);
  } catch (cause) {
    throw cannotOpen("it was changed or moved by something other than keyfob", cause);
  }
}

function cannotOpen(why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`Cannot open a sealed record: ${why}`, {
    code: "unsealing_failed",
    hint: "log in again, or restore the vault from a backup",
    cause,
  });
}
