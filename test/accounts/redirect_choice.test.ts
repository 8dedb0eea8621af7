/**
 * Where a login listens, and what the provider is told of it.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { placeToListen, unattendedRedirect } from "../../src/accounts/redirect_choice.ts";
import { createBench, entryAt } from "./fixtures.ts";

test.each([
  ["http://127.0.0.1/callback", { host: "127.0.0.1", ports: [80], path: "/callback" }],
  ["http://localhost", { host: "localhost", ports: [80], path: "/" }],
  ["http://[::1]/a?b=c", { host: "[::1]", ports: [80], path: "/a" }],
] as const)("%s is listened at and told as it is written, whoever names it", async (uri, place) => {
  await using bench = await createBench({
    acme: entryAt("https://acme.example"),
    fixed: entryAt("https://acme.example", { redirect: { uri } }),
  });
  const registry = await bench.services.registry();
  for (const [id, choices] of [
    ["acme", { redirectUri: uri }],
    ["fixed", {}],
  ] as const) {
    const provider = registry.resolve(id, choices);
    expect(unattendedRedirect(provider, {})).toBe(uri);
    expect(placeToListen(provider, { choices })).toEqual({ ...place, publicAddress: uri });
  }
});
