/**
 * How a login ends without an answer: out of time, out of input, interrupted.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Interrupted, LoginRequired } from "../../src/errors.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { FlowBench, pasting } from "./flow_fixture.ts";

let flow: FlowBench;
beforeEach(async () => void (flow = await FlowBench.open()));
afterEach(() => flow.callback.close());

async function* endOfInput(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

describe("the time-out", () => {
  const soon = (): Attempt => flow.attempt({ expiresAt: new Date(Date.now() + 60) });

  test("ends the wait with 124 and says how long it was", async () => {
    const paste = pasting();
    const start = performance.now();
    const failure = await failureOf(() =>
      flow.run({ attempt: soon(), pasted: paste.texts, patience: "60s" }),
    );
    expect(failure).toMatchObject({ exitStatus: 124, code: "timed_out" });
    expect(failure.message).toContain("60s");
    expect(performance.now() - start).toBeWithin(40, 1000);
    await Bun.sleep(0);
    expect(paste.endedBy).toBe("the flow");
    expect(await flow.portIsFree()).toBe(true);
  });

  test("never comes while a code is being spent", async () => {
    const settle = async (): Promise<string> => {
      await Bun.sleep(150);
      return "token";
    };
    expect(await flow.run({ attempt: soon(), settle, pasted: pasting("a-bare-code").texts })).toBe("token");
  });

  test("comes after a mistyped code that was being tried", async () => {
    const settle = async (): Promise<string> => {
      await Bun.sleep(120);
      throw new LoginRequired("Cannot redeem", { code: "invalid_grant" });
    };
    const failure = await failureOf(() =>
      flow.run({ attempt: soon(), settle, pasted: pasting("mistyped-code").texts }),
    );
    expect(failure).toMatchObject({ exitStatus: 124 });
  });

  test("of an attempt that is over already comes at once", async () => {
    const attempt = flow.attempt({ expiresAt: new Date(Date.now() - 1000) });
    expect(await failureOf(() => flow.run({ attempt }))).toMatchObject({ exitStatus: 124 });
  });
});

describe("the end of input", () => {
  test("ends a login that had no other way, with what to do", async () => {
    const failure = await failureOf(() =>
      flow.run({ callback: undefined, pasted: () => endOfInput("hello there") }),
    );
    expect(failure).toMatchObject({
      exitStatus: 4,
      code: "no_answer",
      hint: expect.stringContaining("--begin"),
    });
    expect(flow.rejections()).toHaveLength(1);
  });

  test("only ends the reading where the callback can still come", async () => {
    const login = flow.run({ pasted: () => endOfInput() });
    await Bun.sleep(20);
    const [result] = await Promise.all([login, flow.callBack()]);
    expect(result).toBe("token for called-back");
  });
});

describe("an interruption", () => {
  test("ends the wait with its own reason, closes the port and the prompt", async () => {
    const ended = new AbortController();
    const paste = pasting();
    const login = failureOf(() => flow.run({ signal: ended.signal, pasted: paste.texts }));
    const reason = new Interrupted("SIGINT");
    ended.abort(reason);
    expect(await login).toBe(reason);
    await Bun.sleep(0);
    expect(paste.endedBy).toBe("the flow");
    expect(await flow.portIsFree()).toBe(true);
  });

  test("before the start ends it at once", async () => {
    const reason = new Interrupted("SIGTERM");
    expect(await failureOf(() => flow.run({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
