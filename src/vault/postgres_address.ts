/**
 * Where a PostgreSQL store is, and how safe the way there must be.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { ConfigurationError } from "../errors.ts";

/** What `KEYFOB_STORE` says, read. */
export interface PostgresAddress {
  readonly hostname: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** False only on this machine, or where the person said so. */
  readonly tls: false | PostgresTls;
  /** Without the password: fit to show. */
  readonly shown: string;
  /** What the person should know about the way there. */
  readonly warning?: string;
}

/** `Bun.SQL` takes these as they are. */
export interface PostgresTls {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
}

const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Parameters of the address; whatever else stands there would be ignored without a word. */
const KNOWN = new Set(["sslmode", "sslrootcert"]);

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&sslrootcert=FILE`. Off this machine the server's
 * certificate and name are checked, unless the address itself says otherwise.
 *
 * @throws {ConfigurationError} code `bad_store`
 */
export function readPostgresAddress(text: string): PostgresAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(?:ql)?:$/.test(url.protocol) || url.hostname === "") {
    throw badStore("it is no postgres:// address");
  }
  const unknown = [...url.searchParams.keys()].find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw badStore(`it has the parameter "${unknown}", which is unknown here`);
  const database = decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username);
  if (database === "") throw badStore("it names no database");
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 5432 : Number(url.port),
    database,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    shown: `postgres://${url.host}/${database}`,
    ...tlsOf(url),
  };
}

function tlsOf(url: URL): Pick<PostgresAddress, "tls" | "warning"> {
  const mode = url.searchParams.get("sslmode") ?? (LOOPBACK.has(url.hostname) ? "disable" : "verify-full");
  const file = url.searchParams.get("sslrootcert");
  const ca = file === null ? {} : { ca: readCertificate(file) };
  const isHere = LOOPBACK.has(url.hostname);
  switch (mode) {
    case "verify-full":
      return { tls: { rejectUnauthorized: true, ...ca } };
    case "require":
      return { tls: { rejectUnauthorized: false }, warning: "the server's certificate is not checked" };
    case "disable":
      return { tls: false, ...(isHere ? {} : { warning: "the way to the server is not encrypted" }) };
    default:
      throw badStore(`sslmode "${mode}" is not one of verify-full, require and disable`);
  }
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw badStore(`its sslrootcert "${path}" cannot be read`, cause);
  }
}

/** The address itself may hold a password, so it is not shown. */
function badStore(why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`Cannot use KEYFOB_STORE: ${why}`, {
    code: "bad_store",
    hint: "KEYFOB_STORE=postgres://USER:PASSWORD@HOST/DATABASE, or unset it",
    cause,
  });
}
