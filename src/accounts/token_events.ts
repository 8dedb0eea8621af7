/**
 * Which events of a token's life this very process brought about, and so tells the hooks of.
 *
 * @module
 */
import type { LoginRequired } from "../errors.ts";
import { timestamp } from "../timestamp.ts";
import { type Account, type AccountName, formatAccountName } from "../vault/account.ts";
import type { Refresher } from "../vault/refresher.ts";
import type { Services } from "./services.ts";

/** A refresher, and whether it was used: of many processes that wait for one refresh, one tells of it. */
export interface WatchedRefresher {
  readonly refresher: Refresher;
  readonly isUsed: () => boolean;
}

/** Watches `refresher`. */
export function watchRefresher(refresher: Refresher): WatchedRefresher {
  let isUsed = false;
  return {
    isUsed: () => isUsed,
    refresher: {
      refresh: (session, tools) => {
        isUsed = true;
        return refresher.refresh(session, tools);
      },
      recover: (session, rawAnswer, receivedAt) => {
        isUsed = true;
        return refresher.recover(session, rawAnswer, receivedAt);
      },
    },
  };
}

/** Runs `on_refresh` where this process refreshed. The lease is released by now. */
export async function tellRefreshed(
  services: Services,
  watched: WatchedRefresher,
  { name, session }: Account,
): Promise<void> {
  if (!watched.isUsed()) return;
  const { tokens } = session;
  // Loaded on demand: a warm token needs none of it.
  const { runHook } = await import("./hooks.ts");
  await runHook(services, {
    event: "on_refresh",
    told: {
      provider: name.provider,
      account: name.label,
      subject: session.subject,
      display: session.display,
      expires_at: tokens.expiresAt === undefined ? null : timestamp(tokens.expiresAt),
    },
    secret: { access_token: tokens.accessToken, token_type: tokens.tokenType },
  });
}

/**
 * Runs `on_login_needed`: once for a login that the provider ended, by the process that found out; at every call
 * for one that has no way to refresh, since there nobody finds out.
 */
export async function tellLoginNeeded(
  services: Services,
  name: AccountName,
  watched: WatchedRefresher,
  failure: LoginRequired,
): Promise<void> {
  if (failure.code === "login_ended" && !watched.isUsed()) return;
  const { runHook } = await import("./hooks.ts");
  await runHook(services, {
    event: "on_login_needed",
    told: {
      provider: name.provider,
      account: name.label,
      code: failure.code,
      message: failure.message,
      hint: failure.hint ?? `keyfob login ${formatAccountName(name)}`,
    },
  });
}
