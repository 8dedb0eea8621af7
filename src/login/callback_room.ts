/**
 * Making room on a port that a login must have and somebody holds.
 *
 * @module
 */
import { Unavailable } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import { type BindOptions, bindListeners, type Listeners } from "./callback_bind.ts";
import { describePortHolder } from "./port_holder.ts";
import { askToStepAside } from "./step_aside.ts";

/** What is needed to speak to an older login of ours. */
export interface Neighbours {
  /** Our data folder, which holds the shared secret. */
  readonly folder: string;
  readonly fetch: GuardedFetch;
  readonly host: string;
}

/** Milliseconds an older login takes to close its listener, and how often to look. */
const LEAVING = 1000;
const LOOK_EVERY = 20;

/**
 * Binds; where every port is held, asks an older login of ours to step aside, and names a stranger.
 *
 * @throws {Unavailable} `port_busy` naming the holders where they can be seen
 * @throws {UsageError} `bind_address`
 */
export async function bindMakingRoom(
  options: BindOptions,
  neighbours: Neighbours | undefined,
): Promise<Listeners> {
  try {
    return bindListeners(options);
  } catch (failure) {
    if (!(failure instanceof Unavailable) || options.ports === "any") throw failure;
    for (const port of options.ports) {
      if (neighbours === undefined || !(await askToStepAside(port, neighbours))) continue;
      return bindSoon({ ...options, ports: [port] });
    }
    throw await namingHolders(failure, options.ports);
  }
}

async function bindSoon(options: BindOptions): Promise<Listeners> {
  const end = performance.now() + LEAVING;
  for (;;) {
    try {
      return bindListeners(options);
    } catch (failure) {
      if (performance.now() > end) throw failure;
      await Bun.sleep(LOOK_EVERY);
    }
  }
}

async function namingHolders(failure: Unavailable, ports: readonly number[]): Promise<Unavailable> {
  const holders = await Promise.all(ports.map(describePortHolder));
  const named = [...new Set(holders.filter((holder) => holder !== undefined))];
  if (named.length === 0) return failure;
  const { code, hint } = failure;
  return new Unavailable(`${failure.message}; held by ${named.join(" and ")}`, {
    code,
    ...(hint === undefined ? {} : { hint }),
  });
}
