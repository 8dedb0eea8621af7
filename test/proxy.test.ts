/**
 * Which proxy a request takes.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { ConfigurationError } from "../src/errors.ts";
import { describeProxy, proxyFor, refuseUnusableProxy } from "../src/proxy.ts";

const PROXY = "http://proxy.example:3128";

test.each([
  ["nothing", "https://a.example/", {}, undefined],
  ["HTTPS_PROXY", "https://a.example/", { HTTPS_PROXY: PROXY }, "HTTPS_PROXY"],
  [
    "https_proxy before HTTPS_PROXY",
    "https://a.example/",
    { HTTPS_PROXY: "x", https_proxy: PROXY },
    "https_proxy",
  ],
  ["ALL_PROXY", "https://a.example/", { ALL_PROXY: PROXY }, "ALL_PROXY"],
  ["HTTP_PROXY for http alone", "https://a.example/", { HTTP_PROXY: PROXY }, undefined],
  [
    "NO_PROXY with the host",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "b.example, a.example" },
    undefined,
  ],
  [
    "NO_PROXY with the domain",
    "https://x.a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: ".a.example" },
    undefined,
  ],
  [
    "NO_PROXY with a star",
    "https://x.a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "*.a.example" },
    undefined,
  ],
  ["NO_PROXY for everything", "https://a.example/", { HTTPS_PROXY: PROXY, NO_PROXY: "*" }, undefined],
  [
    "NO_PROXY with another port",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example:8443" },
    "HTTPS_PROXY",
  ],
  [
    "NO_PROXY with half a name",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "ample" },
    "HTTPS_PROXY",
  ],
  ["NO_PROXY with IPv6", "https://[::1]/", { HTTPS_PROXY: PROXY, NO_PROXY: "[::1]" }, undefined],
])("%s", (_name, url, environment: Record<string, string>, variable) => {
  expect(proxyFor(new URL(url), environment)?.variable).toBe(variable as string);
});

test("a proxy without a scheme is an HTTP proxy, and no message holds its password", () => {
  const use = { variable: "HTTPS_PROXY", value: "user:hush@proxy.example:3128" };
  expect(() => refuseUnusableProxy(use)).not.toThrow();
  expect(describeProxy(use)).toBe('the proxy "proxy.example:3128" (HTTPS_PROXY)');
});

test.each(["socks://p:1", "socks4://p:1", "socks5h://user:hush@p:1", "http://"])("%s is refused", (value) => {
  const refusal = expect(() => refuseUnusableProxy({ variable: "ALL_PROXY", value }));
  refusal.toThrow(ConfigurationError);
  refusal.not.toThrow(/hush/);
});
