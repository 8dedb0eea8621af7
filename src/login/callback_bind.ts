/**
 * Binding the callback's port, on every loopback family that the redirect address can reach.
 *
 * @module
 */
import { Unavailable, UsageError } from "../errors.ts";

/** Listeners that share one port. */
export interface Listeners {
  readonly port: number;
  /** Stops listening; open connections go on. Resolves when they have ended. */
  drain(): Promise<void>;
  /** Ends every connection. */
  cut(): void;
}

/** Where to listen. */
export interface BindOptions {
  /** Addresses to listen on, all with the same port. */
  readonly addresses: readonly string[];
  /** The one of `addresses` that must not be missing on this machine, where a person named it. */
  readonly required?: string | undefined;
  readonly ports: "any" | readonly number[];
  readonly fetch: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;
  /** Bytes a request body may have. */
  readonly longestBody: number;
}

/** Seconds a connection may be silent: a half-sent header ends after this. */
const IDLE_SECONDS = 10;
/** Times another ephemeral port is tried where the second family's is taken. */
const EPHEMERAL_TRIES = 20;

/** Permission errors count as busy: either way the port is not ours. */
const BUSY = new Set(["EADDRINUSE", "EACCES", "EPERM"]);

/**
 * Binds the first port of the list that every address family can have; failing that, the first that one can have.
 *
 * @throws {Unavailable} `port_busy` where none can be bound
 * @throws {UsageError} `bind_address` where this machine lacks the required address
 */
export function bindListeners(options: BindOptions): Listeners {
  const candidates = options.ports === "any" ? Array<number>(EPHEMERAL_TRIES).fill(0) : options.ports;
  let partial: Listeners | undefined;
  for (const port of candidates) {
    const { servers, isComplete } = bindPort(options, port);
    if (servers.length === 0) continue;
    if (isComplete) {
      partial?.cut();
      return together(servers);
    }
    if (partial === undefined) partial = together(servers);
    else together(servers).cut();
  }
  if (partial !== undefined) return partial;
  throw busy(options);
}

interface Attempted {
  readonly servers: readonly Bun.Server<undefined>[];
  /** False where another program holds the port in one of the families. */
  readonly isComplete: boolean;
}

/** A family that this machine lacks (EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL) is not missed. */
function bindPort(options: BindOptions, port: number): Attempted {
  const servers: Bun.Server<undefined>[] = [];
  let isComplete = true;
  for (const hostname of options.addresses) {
    try {
      servers.push(serve(options, hostname, servers[0]?.port ?? port));
    } catch (error) {
      if (BUSY.has(errorCode(error))) isComplete = false;
      else if (hostname === options.required) throw noSuchAddress(hostname, error);
    }
  }
  return { servers, isComplete };
}

function serve(options: BindOptions, hostname: string, port: number): Bun.Server<undefined> {
  return Bun.serve({
    hostname,
    port,
    fetch: options.fetch,
    maxRequestBodySize: options.longestBody,
    idleTimeout: IDLE_SECONDS,
    development: false,
    // A compiled binary shares its port with every other that wants it unless told not to, and half the answers get lost.
    reusePort: false,
  });
}

function together(servers: readonly Bun.Server<undefined>[]): Listeners {
  return {
    port: servers[0]?.port ?? 0,
    drain: async () => void (await Promise.all(servers.map((server) => server.stop(false)))),
    cut: () => servers.forEach((server) => void server.stop(true)),
  };
}

function busy({ ports, addresses }: BindOptions): Unavailable {
  const named = ports === "any" ? "a port" : `port ${ports.join(" or ")}`;
  return new Unavailable(`Cannot listen on ${named} of ${addresses.join(" or ")}: taken or not allowed`, {
    code: "port_busy",
    hint: "end the program that holds it, or paste the answer instead: --method paste",
  });
}

function noSuchAddress(address: string, cause: unknown): UsageError {
  return new UsageError(`Cannot listen on "${address}": this machine has no such address`, {
    code: "bind_address",
    hint: "0.0.0.0 means every address of this machine",
    cause,
  });
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
