/**
 * The refresh transaction as a state machine: whatever happens in whatever order, nothing answered is lost.
 *
 * @module
 */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { KeyfobError } from "../../src/errors.ts";
import type { Vault } from "../../src/vault/vault.ts";
import { GOOGLE, Home } from "./fixtures.ts";
import { type Accident, ACCIDENTS, RotatingProvider } from "./rotating_provider.ts";

/** Sequences tried; a round of a long run tries more. */
const RUNS = 20 * Number(process.env["KEYFOB_ROUNDS"] ?? 1);
/** Milliseconds that all of them may take together. */
const LIMIT = 3000 * RUNS;
/** Milliseconds after which even a process that lives has lost its lease for good. */
const LONG = 11 * 60_000;

type Step = Accident | "login" | "logout" | "crowd" | "wake" | "export" | "takeBack" | "rekey";
const STEPS: readonly Step[] = [
  ...ACCIDENTS,
  "login",
  "logout",
  "crowd",
  "wake",
  "export",
  "takeBack",
  "rekey",
];

/** One machine with one account, and the provider behind it. */
class World implements AsyncDisposable {
  readonly provider = new RotatingProvider();
  readonly #home = new Home();
  readonly #vaults: Vault[] = [];
  /** Calls of processes asleep, in the provider's order. */
  readonly #sleepers: Promise<void>[] = [];
  #time = Date.now();
  #exported = false;

  /** Every process opens the vault for itself. */
  async open(): Promise<Vault> {
    const vault = await this.#home.open({ now: () => new Date(this.#time), ticks: () => this.#time });
    this.#vaults.push(vault);
    return vault;
  }

  async step(step: Step): Promise<void> {
    const vault = await this.open();
    switch (step) {
      case "login":
        this.#exported = false;
        return vault.save(GOOGLE, this.provider.logIn());
      case "logout":
        return void (await vault.forget(GOOGLE));
      case "wake":
        this.provider.asleep.shift()?.();
        return this.#sleepers.shift();
      case "crowd":
        return void (await Promise.all([1, 2, 3].map(async () => this.#refresh(await this.open(), "none"))));
      case "export":
        return void (await vault.handOver(GOOGLE).then(() => (this.#exported = true), expected));
      case "takeBack":
        return void (await vault.takeBack(GOOGLE).then(() => (this.#exported = false), expected));
      case "rekey":
        return void (await vault.rekey().catch(expected));
      default:
        return this.#refresh(vault, step);
    }
  }

  async #refresh(vault: Vault, accident: Accident): Promise<void> {
    const accidentReached = Promise.withResolvers<void>();
    const refresher = this.provider.refresher(accident, accidentReached.resolve);
    const call = vault.fresh(GOOGLE, { minValidSeconds: 60, force: true, refresher });
    const comesBack = !/^(?:die|sleep)/.test(accident);
    if (!comesBack) {
      const ended = call.then(nothing, expected);
      await Promise.race([accidentReached.promise, ended]);
      if (this.provider.asleep.length > this.#sleepers.length) this.#sleepers.push(ended);
      this.#time += accident.startsWith("sleep") ? LONG : 0;
      if (accident.startsWith("die")) this.#bury();
      return;
    }
    const fresh = await call.catch(expected);
    if (fresh === undefined) return;
    expect(this.#exported).toBe(false);
    if (!this.provider.revoked && !this.provider.lost)
      expect(fresh.account.session.tokens.accessToken).toBe(`access of ${this.provider.refreshToken}`);
  }

  /** Makes the holder of the lease a process that is gone. */
  #bury(): void {
    using database = new Database(this.#home.paths.vaultFile, { readwrite: true });
    database.run(
      "UPDATE account SET lease_holder = json_set(lease_holder, '$.pid', 4194303) WHERE lease_owner IS NOT NULL",
    );
  }

  /** What must hold after every step. */
  async check(): Promise<void> {
    expect(this.provider.needlessReuses).toBe(0);
    const account = await (await this.open()).find(GOOGLE);
    if (account === undefined || this.provider.lost) return;
    expect(account.state).not.toBe("dead");
    expect(this.provider.revoked).toBe(false);
  }

  /** At the end the next call gets the provider's newest token, whatever was left behind. */
  async checkEnd(): Promise<void> {
    await this.step("none");
    await this.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.provider.asleep.length > 0) await this.step("wake");
    await Promise.all(this.#vaults.map((vault) => vault.close()));
    this.#home[Symbol.dispose]();
  }
}

/** Only failures that are understood may come. */
function expected(failure: unknown): undefined {
  if (failure instanceof KeyfobError) return undefined;
  throw failure;
}

function nothing(): void {}

test(
  "nothing answered is lost, nothing is sent twice without need, in any order of refreshes, accidents, logins and moves",
  async () => {
    const steps = array(constantFrom(...STEPS), { minLength: 1, maxLength: 8 });
    await assert(
      asyncProperty(steps, async (chosen) => {
        await using world = new World();
        await world.step("login");
        for (const step of chosen) {
          await world.step(step);
          await world.check();
        }
        await world.checkEnd();
      }),
      // A sequence that never ends is a failure too; shrinking one takes its time, and what was found by then is shown.
      { numRuns: RUNS, timeout: 20_000, interruptAfterTimeLimit: LIMIT, markInterruptAsFailure: true },
    );
  },
  LIMIT * 2,
);
