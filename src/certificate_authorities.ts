/**
 * Whose certificates are trusted: those built in, those the environment names, those of the system.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type * as Tls from "node:tls";

type Environment = Readonly<Record<string, string | undefined>>;

/** Files of further authorities, as other programs know them. */
const VARIABLES = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] as const;

/** A file that a variable names and nobody can use. */
export interface StaleFile {
  readonly variable: string;
  readonly path: string;
}

/** What the environment adds. */
export interface NamedAuthorities {
  /** PEM texts. */
  readonly authorities: readonly string[];
  /** Variables left over from something that is gone. They end no login by themselves. */
  readonly stale: readonly StaleFile[];
}

/** Reads the files that the environment names. */
export function readNamedAuthorities(environment: Environment): NamedAuthorities {
  const authorities: string[] = [];
  const stale: StaleFile[] = [];
  for (const variable of VARIABLES) {
    const path = environment[variable];
    if (!path) continue;
    const text = readPem(path);
    if (text === undefined) stale.push({ variable, path });
    else authorities.push(text);
  }
  return { authorities, stale };
}

/** Certificates in `path`; undefined where there are none, or it cannot be read. */
export function readPem(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    return text.includes("-----BEGIN CERTIFICATE-----") ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Loaded on demand: it is the largest module of all, and most calls need no network. */
function tls(): typeof Tls {
  return process.getBuiltinModule("node:tls");
}

/** `authorities` with those that are always trusted. */
export function withUsualAuthorities(authorities: readonly string[], environment: Environment): string[] {
  return [...tls().rootCertificates, ...readNamedAuthorities(environment).authorities, ...authorities];
}

/** And with those of the operating system, where companies put theirs. Reading them takes time, so only when needed. */
export function withEveryAuthority(authorities: readonly string[], environment: Environment): string[] {
  return [...withUsualAuthorities(authorities, environment), ...tls().getCACertificates("system")];
}
