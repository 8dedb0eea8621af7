/**
 * Certificates as text: cut out of a file that may hold more, and described for a person.
 *
 * @module
 */
import { harmless } from "./hostile_text.ts";

/** A certificate as a person can compare it. */
export interface DescribedCertificate {
  /** As `CN=…, O=…`. */
  readonly subject: string;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly sha256: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** The certificates in `text` and nothing else of it: people keep private keys in such files too. */
export function certificatesIn(text: string): string[] {
  return text.match(CERTIFICATE) ?? [];
}

/** Undefined where it is no certificate. */
export function describeCertificate(pem: string): DescribedCertificate | undefined {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    const { subject, fingerprint256 } = new X509Certificate(pem);
    return { subject: harmless(subject.replaceAll("\n", ", ")), sha256: fingerprint256 };
  } catch {
    return undefined;
  }
}
