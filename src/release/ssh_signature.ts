/**
 * The release's signature in OpenSSH's form (PROTOCOL.sshsig), by the same key: `ssh-keygen` is on machines, as macOS,
 * whose openssl cannot check Ed25519.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ReleaseKey } from "./release_key.ts";

/** What the signature is for; a signature for anything else is refused. */
const NAMESPACE = "keyfob-release";
const HASH = "sha512";
const KEY_KIND = "ssh-ed25519";
/** Bytes before the key itself in its SPKI form (RFC 8410). */
const SPKI_PREFIX = 12;
/** Characters of a line of the armoured form, as ssh-keygen writes them. */
const LINE = /.{1,70}/g;

/** `publicKey` (SPKI DER in base64) as `authorized_keys` has it: kind and base64. */
export function sshPublicKey(publicKey: string): string {
  return `${KEY_KIND} ${publicKeyBlob(publicKey).toString("base64")}`;
}

/** The armoured signature over `text`, as `ssh-keygen -Y verify` reads it. */
export function signForSsh(text: string, key: ReleaseKey): string {
  const digest = createHash(HASH).update(text).digest();
  const magic = Buffer.from("SSHSIG");
  const scope = [field(NAMESPACE), field(""), field(HASH)];
  const signature = Buffer.from(key.sign(Buffer.concat([magic, ...scope, field(digest)])), "base64");
  const blob = Buffer.concat([
    magic,
    uint32(1),
    field(publicKeyBlob(key.publicKey)),
    ...scope,
    field(Buffer.concat([field(KEY_KIND), field(signature)])),
  ]);
  const lines = blob.toString("base64").match(LINE) ?? [];
  return ["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n");
}

function publicKeyBlob(publicKey: string): Buffer {
  return Buffer.concat([field(KEY_KIND), field(Buffer.from(publicKey, "base64").subarray(SPKI_PREFIX))]);
}

/** A string of RFC 4251 section 5: its length, then its bytes. */
function field(value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
