/**
 * Certificates are cut out of what a file holds, and described as openssl does.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { certificatesIn, describeCertificate } from "../src/certificate_text.ts";
import { AUTHORITY_FILE, PRIVATE_TLS } from "./servers/private_authority.ts";

const authority = (await Bun.file(AUTHORITY_FILE).text()).trim();

test("certificatesIn() leaves private keys and comments in the file", () => {
  const text = `# ours\n${PRIVATE_TLS.key}\n${authority}\n# and\n${PRIVATE_TLS.cert}`;
  expect(certificatesIn(text)).toEqual([authority, PRIVATE_TLS.cert.trim()]);
  expect(certificatesIn(PRIVATE_TLS.key)).toEqual([]);
});

test("certificatesIn() takes no key that stands inside the lines of a certificate", () => {
  const torn = `-----BEGIN CERTIFICATE-----\nAAAA\n${PRIVATE_TLS.key}\n-----END CERTIFICATE-----`;
  expect(certificatesIn(torn)).toEqual([]);
});

test("describeCertificate() says the subject on one line, and the fingerprint that openssl says", async () => {
  const openssl = Bun.spawnSync([
    "openssl",
    "x509",
    "-in",
    AUTHORITY_FILE,
    "-noout",
    "-fingerprint",
    "-sha256",
  ]);
  const [, sha256 = ""] = openssl.stdout.toString().trim().split("=");
  expect(describeCertificate(authority)).toEqual({ subject: expect.stringMatching(/^[^\n]+$/), sha256 });
});

test("describeCertificate() is undefined for what is none", () => {
  const none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  expect(describeCertificate(none)).toBeUndefined();
});
