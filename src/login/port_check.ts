/**
 * Whether a port could be listened on now.
 *
 * @module
 */
import { bindListeners } from "./callback_bind.ts";
import { KeyfobError } from "../errors.ts";

/** Binds the port for a moment, where `host` leads. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  const addresses = host === "[::1]" ? ["::1"] : ["127.0.0.1"];
  try {
    const listeners = bindListeners({
      addresses,
      ports: [port],
      longestBody: 0,
      fetch: () => new Response(null, { status: 404 }),
    });
    listeners.cut();
    await listeners.drain();
    return true;
  } catch (failure) {
    if (failure instanceof KeyfobError) return false;
    throw failure;
  }
}
