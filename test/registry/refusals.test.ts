/**
 * What keyfob refuses because an entry says that it cannot work.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { failureOf } from "../oauth/fixtures.ts";
import { SimulatedHome } from "./simulated_login.ts";

let home: SimulatedHome;
beforeAll(async () => {
  home = await SimulatedHome.open();
});
afterAll(() => home[Symbol.asyncDispose]());

test("a provider that redirects to https alone asks for such an address before anything is sent", async () => {
  const played = await home.play("facebook", true, {}, "");
  expect(await failureOf(() => played.logIn("address", { listen: true }))).toMatchObject({
    code: "no_redirect_uri",
    exitStatus: 2,
    hint: expect.stringContaining("--redirect-uri https://"),
  });
  expect(played.opened).toBeUndefined();
});

test("a provider whose device codes need no secret still wants one for an address", async () => {
  const played = await home.play("twitch", false);
  expect(await failureOf(() => played.logIn("address", { listen: false }))).toMatchObject({
    code: "no_secret",
  });
  expect((await played.logIn("device", { listen: false })).session.client.authMethod).toBe("none");
  await played.forget();
});

test("a host that the callback chooses is used only when the entry lists it", async () => {
  const played = await home.play("zoho", true, {
    hosts: { "callback.accounts-server": ["accounts.zoho.evil.example"] },
  });
  expect(await failureOf(() => played.logIn("address", { listen: false }))).toMatchObject({
    code: "misplaced_placeholder",
    message: expect.stringContaining("not in the entry's list of hosts"),
  });
  expect(played.simulation.accepted).toEqual([]);
});

test("a bare code is refused where PKCE is off (STANDARDS 2)", async () => {
  const played = await home.play("notion", true);
  await failureOf(() => played.logIn("address", { listen: false, pastes: "bare code" }));
  expect(played.rejected.join()).toContain("a code alone is not enough");
  expect(played.simulation.accepted).toEqual([]);
});
