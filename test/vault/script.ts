/**
 * A refresher that does what each test says.
 *
 * @module
 */
import { Failed, LoginRequired, Unavailable } from "../../src/errors.ts";
import type { Session } from "../../src/vault/account.ts";
import type { Fresh, FreshOptions } from "../../src/vault/refresh.ts";
import type { Refresher, RefreshTools } from "../../src/vault/refresher.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { GOOGLE, type Home, sessionWith } from "./fixtures.ts";

/** A refresher that counts, and answers each request with the next of `steps`; the last one stays. */
export class Script implements Refresher {
  requests = 0;
  recovered = 0;
  readonly #steps: ((session: Session, tools: RefreshTools) => Promise<Session>)[];

  constructor(...steps: ((session: Session, tools: RefreshTools) => Promise<Session>)[]) {
    this.#steps = steps;
  }

  async refresh(session: Session, tools: RefreshTools): Promise<{ session: Session }> {
    await tools.renewLease();
    this.requests += 1;
    const step = this.#steps[Math.min(this.requests, this.#steps.length) - 1];
    return { session: await (step ?? renewed())(session, tools) };
  }

  async recover(session: Session, rawAnswer: string): Promise<{ session: Session }> {
    this.recovered += 1;
    if (rawAnswer === "rubbish") throw new Failed("Cannot read the answer");
    return { session: { ...session, tokens: { ...sessionWith(3600).tokens, refreshToken: rawAnswer } } };
  }
}

export function renewed(seconds = 3600, refreshToken = "refresh-2") {
  return async (session: Session): Promise<Session> => ({
    ...session,
    tokens: { ...sessionWith(seconds, refreshToken).tokens, accessToken: "access-2" },
  });
}

export function failing(failure: () => Error) {
  return async (): Promise<Session> => {
    throw failure();
  };
}

export const notSent = failing(() => new Unavailable("Cannot connect"));
export const sent = failing(() => new Unavailable("Cannot read the answer in time", { sent: true }));
export const endOfGrant = failing(
  () => new LoginRequired("Cannot refresh: it is over", { code: "invalid_grant" }),
);

/** Journals `rawAnswer`, then ends as a process would that has been killed: nothing is saved. */
export function journalThenFail(rawAnswer: string, failure: Error) {
  return async (_: Session, tools: RefreshTools): Promise<Session> => {
    await tools.journal(rawAnswer);
    throw failure;
  };
}

export async function vaultWith(home: Home, session: Session): Promise<Vault> {
  const vault = await home.open();
  await vault.save(GOOGLE, session);
  return vault;
}

export function fresh(
  vault: Vault,
  refresher: Refresher,
  options: Partial<FreshOptions> = {},
): Promise<Fresh> {
  return vault.fresh(GOOGLE, { minValidSeconds: 60, refresher, ...options });
}
