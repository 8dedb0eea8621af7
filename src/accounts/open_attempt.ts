/**
 * The begun login that a state names, while it is open.
 *
 * @module
 */
import type { Attempt } from "../oauth/attempt.ts";
import type { Vault } from "../vault/vault.ts";

/**
 * The attempt, unclaimed: whoever is killed before it sends the code leaves it open.
 *
 * @throws {LoginRequired} `attempt_used`, `attempt_expired` or `attempt_unknown`
 */
export async function openAttempt(vault: Vault, state: string): Promise<Attempt> {
  const found = (await vault.openAttempts()).find((open) => open.state === state);
  if (found !== undefined) return found;
  // Claiming what is not open says why it is not; what was given back a moment ago stays open.
  const claimed = await vault.claimAttempt(state);
  await vault.releaseAttempt(state);
  return claimed;
}
