/**
 * A provider that rotates refresh tokens and ends the session at a reuse, and accidents at every point of a refresh.
 *
 * @module
 */
import { LoginRequired, Unavailable } from "../../src/errors.ts";
import type { Session } from "../../src/vault/account.ts";
import type { Refresher } from "../../src/vault/refresher.ts";
import { sessionWith } from "./fixtures.ts";

/** What befalls the process that refreshes. `die…` ones never come back; `sleep` ones go on when they are woken. */
export const ACCIDENTS = [
  "none",
  "dieBeforeSending",
  "dieBeforeAnswer",
  "dieAfterJournal",
  "sleepBeforeSending",
  "sleepBeforeJournal",
  "outage",
  "answerLost",
] as const;
export type Accident = (typeof ACCIDENTS)[number];

export class RotatingProvider {
  /** Refresh tokens so far; the last one is the good one. */
  serial = 1;
  revoked = false;
  /** Whether a rotated token may have been lost since the login: nobody can do anything about that. */
  lost = false;
  /** Requests that carried a token which was no longer the last one, without any having been lost before. */
  needlessReuses = 0;
  /** Processes asleep, oldest first. */
  readonly asleep: (() => void)[] = [];

  /** A new session, as a login gives it. */
  logIn(): Session {
    this.serial += 1;
    this.revoked = false;
    this.lost = false;
    return this.#session(sessionWith(3600));
  }

  /** `reached` is called where the accident is one that never comes back, or not by itself. */
  refresher(accident: Accident, reached: () => void = () => {}): Refresher {
    let slept = false;
    return {
      refresh: async (session, tools) => {
        await tools.renewLease();
        if (accident === "dieBeforeSending") await forever(reached);
        if (accident === "sleepBeforeSending" && !slept) {
          slept = true;
          await this.#sleep(reached);
          // What the guarded fetch does once its deadline is over.
          throw new Unavailable("Cannot send: the time is over");
        }
        if (accident === "outage") throw new Unavailable("Cannot connect");
        this.#rotate(session);
        if (accident === "dieBeforeAnswer" || accident === "answerLost") this.lost = true;
        if (accident === "dieBeforeAnswer") await forever(reached);
        if (accident === "answerLost") throw new Unavailable("Cannot read the answer", { sent: true });
        const answer = this.#session(session);
        if (accident === "sleepBeforeJournal") {
          this.lost = true;
          await this.#sleep(reached);
        }
        await tools.journal(answer.tokens.refreshToken ?? "");
        if (accident === "dieAfterJournal") await forever(reached);
        return { session: answer };
      },
      recover: async (session, rawAnswer) => ({
        session: {
          ...session,
          tokens: { ...sessionWith(3600, rawAnswer).tokens, accessToken: `access of ${rawAnswer}` },
        },
      }),
    };
  }

  get refreshToken(): string {
    return `refresh-${this.serial}`;
  }

  #rotate(session: Session): void {
    const isReuse = session.tokens.refreshToken !== this.refreshToken;
    if (isReuse && !this.lost) this.needlessReuses += 1;
    if (isReuse) this.revoked = true;
    if (this.revoked)
      throw new LoginRequired("Cannot refresh: the session is over", { code: "invalid_grant" });
    this.serial += 1;
  }

  #session(session: Session): Session {
    const tokens = {
      ...sessionWith(3600, this.refreshToken).tokens,
      accessToken: `access of ${this.refreshToken}`,
    };
    return { ...session, tokens };
  }

  #sleep(reached: () => void): Promise<void> {
    reached();
    return new Promise((resolve) => this.asleep.push(resolve));
  }
}

function forever(reached: () => void): Promise<never> {
  reached();
  return new Promise(() => {});
}
