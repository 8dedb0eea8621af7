/**
 * Whom a release trusts for its successor: the key that signs manifests, the address that serves them.
 *
 * @module
 */

declare const BUILD_RELEASE_KEY: string | undefined;
declare const BUILD_RELEASE_URL: string | undefined;

/**
 * The project's Ed25519 public key (SPKI DER in base64), or empty while no release key exists yet. `bun run
 * release --make-key` writes a new one here; from then on a release signed with another key is refused.
 */
export const COMMITTED_RELEASE_KEY: string = "";

/** The key this build checks signatures with; empty in a build from a checkout without a committed key. */
export const RELEASE_KEY: string =
  typeof BUILD_RELEASE_KEY === "string" ? BUILD_RELEASE_KEY : COMMITTED_RELEASE_KEY;

/** Where releases are, without a slash at the end; empty in a build from a checkout. */
export const RELEASE_URL: string = typeof BUILD_RELEASE_URL === "string" ? BUILD_RELEASE_URL : "";
