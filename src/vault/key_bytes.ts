/**
 * The vault's key as bytes, as text, and as the fingerprint that may be shown.
 *
 * @module
 */

/** 32 bytes: an AES-256 key. */
export type KeyBytes = Uint8Array<ArrayBuffer>;

const KEY_BYTES = 32;
/** Letters of a key as hex, and as base64 with and without padding. */
const HEX_LETTERS = 64;
const BASE64_LETTERS: ReadonlySet<number> = new Set([43, 44]);

export function newKey(): KeyBytes {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/** Reads 32 raw bytes, or their base64 or hex text; undefined where it is neither. */
export function parseKey(content: Uint8Array): KeyBytes | undefined {
  if (content.length === KEY_BYTES) return content.slice();
  return parseKeyText(new TextDecoder().decode(content));
}

/** Reads base64, base64url or hex text, whole; undefined where it is none of them. */
export function parseKeyText(text: string): KeyBytes | undefined {
  const bare = text.trim();
  try {
    if (bare.length === HEX_LETTERS) return Uint8Array.fromHex(bare);
    if (!BASE64_LETTERS.has(bare.length)) return undefined;
    const key = Uint8Array.fromBase64(bare.replaceAll("-", "+").replaceAll("_", "/"));
    return key.length === KEY_BYTES ? key : undefined;
  } catch {
    return undefined;
  }
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
