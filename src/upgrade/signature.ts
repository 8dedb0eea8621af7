/**
 * The signature of a release: Ed25519 (RFC 8032) over the manifest's bytes.
 *
 * @module
 */
import { Refused } from "../errors.ts";

/**
 * Checks `signature` (base64) over `text` with `publicKey` (SPKI DER in base64).
 *
 * @throws {Refused} `bad_signature`
 */
export async function verifySignature(text: Uint8Array, signature: string, publicKey: string): Promise<void> {
  const isGood = await verifies(text, signature, publicKey).catch(() => false);
  if (isGood) return;
  throw new Refused("Cannot trust this release: its signature is not by the key that is built in here", {
    code: "bad_signature",
    hint: "nothing was changed; if it stays so, somebody may be tampering with the download",
  });
}

async function verifies(text: Uint8Array, signature: string, publicKey: string): Promise<boolean> {
  const key = await crypto.subtle.importKey("spki", bytesOf(publicKey), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, bytesOf(signature), new Uint8Array(text));
}

/** The bytes of a base64 text; spaces around it are let pass. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(base64.trim());
}
