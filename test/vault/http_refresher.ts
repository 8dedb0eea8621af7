/**
 * The smallest refresher that speaks to a real token endpoint.
 *
 * @module
 */
import { LoginRequired, Unavailable } from "../../src/errors.ts";
import type { Session } from "../../src/vault/account.ts";
import type { RefreshOutcome, Refresher } from "../../src/vault/refresher.ts";

export function httpRefresher(url: string, afterJournal: () => Promise<void> = async () => {}): Refresher {
  return {
    async refresh(session, tools) {
      await tools.renewLease();
      const rawAnswer = await send(url, session);
      await tools.journal(rawAnswer);
      await afterJournal();
      return read(session, rawAnswer, new Date());
    },
    recover: async (session, rawAnswer, receivedAt) => read(session, rawAnswer, receivedAt),
  };
}

async function send(url: string, session: Session): Promise<string> {
  const body = new URLSearchParams({ refresh_token: session.tokens.refreshToken ?? "" });
  try {
    const response = await fetch(url, { method: "POST", body });
    if (response.status !== 400) return await response.text();
  } catch (cause) {
    throw new Unavailable("Cannot reach the provider", { sent: true, cause });
  }
  throw new LoginRequired("Cannot refresh: the provider ended the session", { code: "invalid_grant" });
}

function read(session: Session, rawAnswer: string, receivedAt: Date): RefreshOutcome {
  const answer = JSON.parse(rawAnswer) as { access_token: string; refresh_token: string; expires_in: number };
  const tokens = {
    ...session.tokens,
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresAt: new Date(receivedAt.getTime() + answer.expires_in * 1000),
  };
  return { session: { ...session, tokens } };
}
