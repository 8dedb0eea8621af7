/**
 * A hook that does not end is ended.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { runHook } from "../../src/accounts/hooks.ts";

/** Runs `command` as a hook for at most `milliseconds`; what was said, and how long it took. */
async function run(
  command: readonly string[],
  milliseconds: number,
): Promise<[notices: string[], took: number]> {
  const notices: string[] = [];
  const services = {
    environment: { PATH: "/usr/bin:/bin" },
    configuration: async () => ({ hooks: { on_refresh: { command, withToken: false } } }),
    notice: (text: string) => void notices.push(text),
  };
  const start = Date.now();
  await runHook(services, { event: "on_refresh", told: {} }, milliseconds);
  return [notices, Date.now() - start];
}

test("a hook that does not end in time is ended, with a notice", async () => {
  const [notices, took] = await run(["sleep", "30"], 200);
  expect(notices).toEqual(['The hook on_refresh failed: "sleep" was ended after 0.2s']);
  expect(took).toBeLessThan(5000);
});

test("a hook that minds no SIGTERM is ended too", async () => {
  const [notices] = await run(["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], 200);
  expect(notices).toHaveLength(1);
});

test("what a hook leaves running in the background holds nobody up", async () => {
  const [notices, took] = await run(["sh", "-c", "sleep 20 > /dev/null 2>&1 &"], 10_000);
  expect(notices).toEqual([]);
  expect(took).toBeLessThan(5000);
});

test("within a hook no hook runs", async () => {
  const services = {
    environment: { KEYFOB_HOOK: "on_refresh" },
    configuration: () => Promise.reject(new Error("it was read")),
    notice: () => {},
  };
  await runHook(services, { event: "on_refresh", told: {} });
  expect(await runHook(services, { event: "on_login_needed", told: {} })).toBeUndefined();
});
