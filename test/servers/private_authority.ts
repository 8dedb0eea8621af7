/**
 * A certificate authority that nobody trusts unasked, and a certificate of it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "certificates");

/** The name that the certificate is for; it exists in no DNS (RFC 6761). */
export const PRIVATE_NAME = "id.example.test";

/** PEM file of the authority, as `--ca` takes it. Made for these tests alone; its key is gone. Valid until 2126. */
export const AUTHORITY_FILE = join(FOLDER, "authority.pem");

/** Certificate and key of the server. */
export const PRIVATE_TLS = {
  cert: readFileSync(join(FOLDER, "server.pem"), "utf8"),
  key: readFileSync(join(FOLDER, "server.key.pem"), "utf8"),
} as const;
