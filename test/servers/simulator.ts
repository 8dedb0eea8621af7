/**
 * A server that is any provider of the registry: it holds clients to the rules that the entry declares, and answers in
 * the shape that the entry declares.
 *
 * @module
 */
import { createGuardedFetch, type GuardedFetch } from "../../src/guarded_fetch.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { type Arrived, readRequest } from "./arrived_request.ts";
import type { SimulatedClient } from "./declared_request.ts";
import { Simulation } from "./simulation.ts";

/** The server; it plays one provider at a time. */
export interface Simulator extends AsyncDisposable {
  /** Reaches the server for every https address, as if it were there. */
  readonly fetch: GuardedFetch;
  /** Plays `provider`, which knows `client`, from now on. */
  play(provider: Provider, client: SimulatedClient): Simulation;
}

/** Starts the server on a free port of 127.0.0.1. */
export function startSimulator(): Simulator {
  let playing: Simulation | undefined;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const arrived: Arrived = await readRequest(request);
      return playing === undefined ? new Response(null, { status: 503 }) : playing.answer(arrived);
    },
  });
  const guarded = createGuardedFetch();
  return {
    fetch: (request) => guarded({ ...request, url: moved(request.url, server.port ?? 0) }),
    play(provider, client) {
      playing = new Simulation(provider, client);
      return playing;
    },
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** The address on this machine that stands for `url`: its origin is the first segment of the path. */
function moved(url: URL, port: number): URL {
  return new URL(`http://127.0.0.1:${port}/${encodeURIComponent(url.origin)}${url.pathname}${url.search}`);
}
