/**
 * Where a token may be handed out for: an origin and no more.
 *
 * @module
 */
import { isSafeAddress } from "../guarded_fetch.ts";

/** The origin of an address that is one and no more; undefined where credentials must not go there. */
export function originOf(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null || !isSafeAddress(url)) return undefined;
  const isBare = url.pathname === "/" && url.search === "" && url.hash === "";
  return isBare && url.username === "" && url.password === "" ? url.origin : undefined;
}
