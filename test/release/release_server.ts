/**
 * A server of releases on loopback, laid out as GitHub does it, which can go wrong in the ways downloads do.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/** What the server does to files whose name matches. */
export interface Fault {
  readonly files: RegExp;
  /** `cut`: the connection ends half-way. `missing`: 404. A function changes the bytes. `redirect`: to that address. */
  readonly does: "cut" | "missing" | ((bytes: Uint8Array) => Uint8Array) | { readonly redirect: string };
}

/** The server. */
export interface ReleaseServer extends AsyncDisposable {
  /** What KEYFOB_INSTALL_URL and KEYFOB_UPGRADE_URL are set to. */
  readonly url: string;
  readonly port: number;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** What goes wrong from now on. */
  fault: Fault | undefined;
  /** The releases by version; the newest is the one that `latest` names. */
  readonly releases: Map<string, string>;
  latest: string;
}

/** Starts it on a free port; with `tls` it speaks https. */
export async function startReleaseServer(tls?: { cert: string; key: string }): Promise<ReleaseServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void answer(state, request, response);
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const state: ReleaseServer = {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/releases`,
    port,
    asked: [],
    fault: undefined,
    releases: new Map(),
    latest: "",
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}

async function answer(
  state: ReleaseServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A client that uses us as its proxy asks for the whole address.
  const { pathname } = new URL(request.url ?? "/", state.url);
  state.asked.push(request.url ?? "/");
  const [, newest, version = state.latest, name = ""] =
    /^\/releases\/(?:(latest)\/download|download\/v([^/]+))\/([^/]+)$/.exec(pathname) ?? [];
  const folder = state.releases.get(newest === undefined ? version : state.latest);
  const file = Bun.file(join(folder ?? "/nonexistent", name));
  const fault = state.fault?.files.test(name) === true ? state.fault.does : undefined;
  if (fault === "missing" || !(await file.exists())) {
    response.writeHead(404).end("not found");
    return;
  }
  if (typeof fault === "object") {
    response.writeHead(302, { location: fault.redirect }).end();
    return;
  }
  const bytes = await file.bytes();
  const sent = typeof fault === "function" ? fault(bytes) : bytes;
  response.writeHead(200, { "content-length": sent.length });
  if (fault !== "cut") {
    response.end(sent);
    return;
  }
  response.write(sent.subarray(0, Math.floor(sent.length / 2)), () => response.destroy());
}
