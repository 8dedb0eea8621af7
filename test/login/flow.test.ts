/**
 * The race of every way an answer can arrive; each code is spent once.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { LoginRequired, Refused, Unavailable } from "../../src/errors.ts";
import { failureOf } from "../oauth/fixtures.ts";
import { FlowBench, pasting, type Settle, STATE } from "./flow_fixture.ts";

let flow: FlowBench;
beforeEach(async () => void (flow = await FlowBench.open()));
afterEach(() => flow.callback.close());

test("the callback wins, the page tells of it, and the paste prompt ends", async () => {
  const paste = pasting();
  const [result, page] = await Promise.all([flow.run({ pasted: paste.texts }), flow.callBack()]);
  expect(result).toBe("token for called-back");
  expect(page).toContain("token for called-back");
  await Bun.sleep(0);
  expect(paste.endedBy).toBe("the flow");
  expect(flow.events).toEqual([{ event: "answered", via: "callback" }]);
  expect(await flow.portIsFree()).toBe(true);
});

test("a paste wins and closes the port", async () => {
  const paste = pasting(flow.addressWith("pasted"));
  expect(await flow.run({ pasted: paste.texts })).toBe("token for pasted");
  expect(flow.settled).toEqual([{ via: "paste", parameters: { code: "pasted", state: STATE }, bare: false }]);
  expect(flow.events).toEqual([{ event: "answered", via: "paste" }]);
  expect(await flow.portIsFree()).toBe(true);
});

test("a bad paste says why, and the next one is taken", async () => {
  const wrong = flow.addressWith("other").replace(STATE, "some-other-state");
  const paste = pasting("hello there", wrong, flow.addressWith("good"));
  expect(await flow.run({ pasted: paste.texts })).toBe("token for good");
  expect(flow.rejections()).toHaveLength(2);
  expect(flow.settled).toHaveLength(1);
});

describe("where only so many bad pastes are taken,", () => {
  function flood(paste: { taken: number }) {
    return async function* endless(): AsyncGenerator<string> {
      for (;;) {
        paste.taken += 1;
        yield "hello there";
      }
    };
  }

  test("no more are read after them, which is said once, and the callback still wins", async () => {
    const paste = { taken: 0 };
    const login = flow.run({ pasted: flood(paste), mostBadPastes: 20 });
    const [result] = await Promise.all([login, flow.callBack()]);
    expect(result).toBe("token for called-back");
    expect(paste.taken).toBe(20);
    expect(flow.rejections()).toHaveLength(20);
    expect(flow.events.filter(({ event }) => event === "notice")).toHaveLength(1);
  });

  test("and there is no other way, the login ends with 4 and says why", async () => {
    const failure = await failureOf(() =>
      flow.run({ callback: undefined, pasted: flood({ taken: 0 }), mostBadPastes: 20 }),
    );
    expect(failure).toMatchObject({ code: "no_answer", exitStatus: 4 });
    expect(failure.message).toContain("20");
  });

  test("a good one before that wins", async () => {
    const texts = [...Array.from({ length: 19 }, () => "hello there"), flow.addressWith("good")];
    expect(await flow.run({ pasted: pasting(...texts).texts, mostBadPastes: 20 })).toBe("token for good");
  });
});

test("after a bad paste the callback still wins", async () => {
  const login = flow.run({ pasted: pasting("hello there").texts });
  const [result] = await Promise.all([login, flow.callBack()]);
  expect(result).toBe("token for called-back");
});

test("a bare code that the provider does not know was mistyped: the next one is taken", async () => {
  const settle: Settle = async (answer) => {
    if (answer.parameters["code"] === "mistyped-code")
      throw new LoginRequired("Cannot redeem", { code: "invalid_grant" });
    return "token";
  };
  expect(await flow.run({ settle, pasted: pasting("mistyped-code", "the-right-code").texts })).toBe("token");
  expect(flow.rejections()).toEqual(["Cannot redeem"]);
});

test("an address whose code the provider does not know ends the login", async () => {
  const settle = (): Promise<string> =>
    Promise.reject(new LoginRequired("Cannot redeem", { code: "invalid_grant" }));
  const failure = await failureOf(() =>
    flow.run({ settle, pasted: pasting(flow.addressWith("used")).texts }),
  );
  expect(failure).toMatchObject({ code: "invalid_grant" });
  expect(await flow.portIsFree()).toBe(true);
});

test.each([
  ["a refusal", new Refused("Login refused", { code: "access_denied" })],
  ["a failing network", new Unavailable("Cannot reach")],
  ["a defect", new TypeError("defect")],
])("%s while settling a paste ends the login", async (_what, failure) => {
  const settle = (): Promise<string> => Promise.reject(failure);
  expect(await failureOf(() => flow.run({ settle, pasted: pasting("a-bare-code").texts }))).toBe(failure);
});

test("a failure while settling the callback ends the login, and the page says its reason", async () => {
  const settle = (): Promise<string> =>
    Promise.reject(new Refused("Login refused: no", { hint: "ask again" }));
  const [failure, page] = await Promise.all([failureOf(() => flow.run({ settle })), flow.callBack()]);
  expect(failure).toMatchObject({ exitStatus: 5 });
  expect(page).toContain("Login refused: no");
  expect(page).toContain("ask again");
});

test("a defect while settling says nothing of itself on the page", async () => {
  const settle = (): Promise<string> => Promise.reject(new TypeError("internal secret"));
  const [failure, page] = await Promise.all([failureOf(() => flow.run({ settle })), flow.callBack()]);
  expect(failure.message).toBe("internal secret");
  expect(page).not.toContain("internal secret");
});

describe("a code is spent once:", () => {
  test("pasted and called back at once, the second is dropped", async () => {
    const arrived = Promise.withResolvers<void>();
    const settle: Settle = async (answer) => {
      flow.settled.push(answer);
      await arrived.promise;
      return "token";
    };
    const login = flow.run({ settle, pasted: pasting(flow.addressWith("same")).texts });
    const page = flow.callBack("same");
    await flow.callback.answer;
    await Bun.sleep(20);
    arrived.resolve();
    expect(await login).toBe("token");
    await page;
    await Bun.sleep(20);
    expect(flow.settled.map(({ via }) => via)).toEqual(["paste"]);
  });

  test("called back while a paste fails for good, the second is dropped too", async () => {
    const arrived = Promise.withResolvers<void>();
    const settle: Settle = async (answer) => {
      flow.settled.push(answer);
      await arrived.promise;
      throw new Refused("Login refused");
    };
    const login = failureOf(() => flow.run({ settle, pasted: pasting(flow.addressWith("same")).texts }));
    const page = flow.callBack("same");
    await flow.callback.answer;
    await Bun.sleep(20);
    arrived.resolve();
    expect(await login).toMatchObject({ exitStatus: 5 });
    await page;
    await Bun.sleep(20);
    expect(flow.settled).toHaveLength(1);
  });

  test("called back while a mistyped code is tried, the callback is settled next", async () => {
    const arrived = Promise.withResolvers<void>();
    const settle: Settle = async (answer) => {
      flow.settled.push(answer);
      if (!answer.bare) return "token";
      await arrived.promise;
      throw new LoginRequired("Cannot redeem", { code: "invalid_grant" });
    };
    const login = flow.run({ settle, pasted: pasting("mistyped-code").texts });
    const page = flow.callBack();
    await flow.callback.answer;
    arrived.resolve();
    expect(await login).toBe("token");
    await page;
    expect(flow.settled.map(({ via }) => via)).toEqual(["paste", "callback"]);
  });
});
