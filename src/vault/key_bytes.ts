/**
 * The vault's key as bytes, as text, and as the fingerprint that may be shown.
 *
 * @module
 */

/** 32 bytes: an AES-256 key. */
export type KeyBytes = Uint8Array<ArrayBuffer>;

const KEY_BYTES = 32;
/** Whole, or it is refused: base64 or base64url with or without padding, and hex. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const HEX = /^[0-9A-Fa-f]{64}$/;

export function newKey(): KeyBytes {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** Reads 32 raw bytes, or their base64 or hex text; undefined where it is neither. */
export function parseKey(content: Uint8Array): KeyBytes | undefined {
  if (content.length === KEY_BYTES) return content.slice();
  return parseKeyText(new TextDecoder().decode(content));
}

/** Reads base64 or hex text; undefined where it is neither. */
export function parseKeyText(text: string): KeyBytes | undefined {
  const bare = text.trim();
  if (HEX.test(bare)) return Uint8Array.fromHex(bare);
  if (!BASE64.test(bare)) return undefined;
  return Uint8Array.fromBase64(bare.replaceAll("-", "+").replaceAll("_", "/").replace(/=?$/, "="));
}

/** The text that `parseKeyText` reads: base64. */
export function formatKey(key: KeyBytes): string {
  return key.toBase64();
}

/** Names a key without giving anything of it away: 128 bits of a hash, as hex. */
export function fingerprintOf(key: KeyBytes): string {
  return new Bun.CryptoHasher("sha256")
    .update("keyfob key fingerprint\n")
    .update(key)
    .digest("hex")
    .slice(0, 32);
}
