/**
 * Stores at rest.
 *
 * @module
 */
import { statSync, utimesSync } from "node:fs";
import { GOOGLE, Home, sessionWith } from "./fixtures.ts";

/** A home with one login, whose store nobody has open or has just written to. */
export async function homeAtRest(environment: Readonly<Record<string, string>> = {}): Promise<Home> {
  const home = new Home();
  const vault = await home.open({ environment });
  await vault.save(GOOGLE, sessionWith(3600));
  await vault.close();
  return settle(home);
}

/** Lets time go by for the store's file. */
export function settle(home: Home): Home {
  const past = new Date(Date.now() - 60_000);
  if (statSync(home.paths.vaultFile, { throwIfNoEntry: false }) !== undefined)
    utimesSync(home.paths.vaultFile, past, past);
  return home;
}
