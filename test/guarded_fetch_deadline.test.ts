/**
 * Requests whose time is over, and answers that waited while the process was stopped.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { createGuardedFetch } from "../src/guarded_fetch.ts";

test("a request whose time is over is not sent: another process may have sent it meanwhile", async () => {
  let requests = 0;
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => {
      requests += 1;
      return new Response("{}");
    },
  });
  const late = createGuardedFetch()({ url: server.url, deadline: new Date(Date.now() - 1) });
  await expect(late).rejects.toMatchObject({ code: "too_late", exitStatus: 3, sent: false });
  expect(requests).toBe(0);
});

test("a request that takes longer than it may ends, and may have arrived", async () => {
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Bun.sleep(5000).then(() => new Response("{}")),
  });
  const started = performance.now();
  const slow = createGuardedFetch()({ url: server.url, deadline: new Date(Date.now() + 200) });
  await expect(slow).rejects.toMatchObject({ exitStatus: 3, sent: true });
  expect(performance.now() - started).toBeLessThan(2000);
});
