/**
 * The key that signs releases: Ed25519, its private half only ever in the environment of the release.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { ConfigurationError } from "../errors.ts";
import { COMMITTED_RELEASE_KEY } from "../release_origin.ts";

/** A private key that can sign, and its public half. */
export interface ReleaseKey {
  /** SPKI DER in base64. */
  readonly publicKey: string;
  /** The signature over `content`, in base64. */
  readonly sign: (content: string | Uint8Array) => string;
}

/** A new key pair, both halves DER in base64: PKCS #8 and SPKI. */
export function makeKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
  };
}

/**
 * Reads the private key (PKCS #8 DER in base64).
 *
 * @throws {ConfigurationError} `no_release_key`, `bad_release_key`, or `other_release_key` where it is not the one
 *   whose public half is committed
 */
export function readReleaseKey(
  text: string | undefined,
  committed: string = COMMITTED_RELEASE_KEY,
): ReleaseKey {
  if (!text) {
    throw new ConfigurationError("Cannot sign the release: KEYFOB_RELEASE_KEY is not set", {
      code: "no_release_key",
      hint: "bun run release --make-key makes one; bun run release --unsigned builds without",
    });
  }
  const key = parse(text);
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
  if (committed !== "" && committed !== publicKey) {
    throw new ConfigurationError("Cannot sign the release: KEYFOB_RELEASE_KEY is not the committed key", {
      code: "other_release_key",
      hint: "installed programs would refuse this release",
    });
  }
  return { publicKey, sign: (content) => sign(null, Buffer.from(content), key).toString("base64") };
}

function parse(text: string) {
  try {
    const key = createPrivateKey({ key: Buffer.from(text.trim(), "base64"), type: "pkcs8", format: "der" });
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // The cause may quote the key.
  }
  throw new ConfigurationError("Cannot sign the release: KEYFOB_RELEASE_KEY is no Ed25519 key", {
    code: "bad_release_key",
    hint: "it is PKCS #8 DER in base64, as bun run release --make-key prints it",
  });
}
