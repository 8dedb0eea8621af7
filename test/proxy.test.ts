/**
 * Which proxy a request takes.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { ConfigurationError } from "../src/errors.ts";
import { describeProxy, proxyFor, refuseUnusableProxy, takingProxy } from "../src/proxy.ts";

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
  [
    "NO_PROXY with IPv6",
    "https://[2001:db8::1]/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "[2001:db8::1]" },
    undefined,
  ],
  [
    "NO_PROXY with IPv6 without brackets",
    "https://[2001:db8::1]/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "2001:db8::1" },
    undefined,
  ],
  [
    "NO_PROXY in another case",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "A.Example" },
    undefined,
  ],
  [
    "NO_PROXY with the domain in another case",
    "https://x.a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: ".A.EXAMPLE" },
    undefined,
  ],
  [
    "NO_PROXY with the root's dot",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example." },
    undefined,
  ],
  [
    "NO_PROXY with the root's dot before a port",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example.:443" },
    undefined,
  ],
  [
    "NO_PROXY without the root's dot",
    "https://a.example./",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" },
    undefined,
  ],
  ["NO_PROXY with a network", "https://10.1.2.3/", { HTTPS_PROXY: PROXY, NO_PROXY: "10.0.0.0/8" }, undefined],
  [
    "NO_PROXY with another network",
    "https://11.1.2.3/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "10.0.0.0/8" },
    "HTTPS_PROXY",
  ],
  [
    "NO_PROXY with a network of IPv6",
    "https://[2001:db8::1]/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "2001:db8::/32" },
    undefined,
  ],
  [
    "NO_PROXY with what only looks like a network",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example/8, 10.0.0.0/99, 1::/x, /" },
    "HTTPS_PROXY",
  ],
  [
    "loopback is always direct",
    "https://127.0.0.1:8443/",
    { HTTPS_PROXY: PROXY, NO_PROXY: "a.example" },
    undefined,
  ],
  [
    "an empty no_proxy leaves NO_PROXY",
    "https://a.example/",
    { HTTPS_PROXY: PROXY, no_proxy: "", NO_PROXY: "a.example" },
    undefined,
  ],
])("%s", (_name, url, environment: Record<string, string>, variable) => {
  expect(proxyFor(new URL(url), environment)?.variable).toBe(variable as string);
});

test("each request takes the way that proxyFor() names, and the variables stay as they were", async () => {
  using proxy = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("proxy") });
  using target = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("target") });
  const [before, beforeToo] = [process.env["NO_PROXY"], process.env["no_proxy"]];
  // Bun would go through the proxy to the one, and directly to the other.
  Object.assign(process.env, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "corp.example" });
  delete process.env["no_proxy"];
  const use = { variable: "HTTP_PROXY", value: `127.0.0.1:${proxy.port}` };
  try {
    const direct = takingProxy(undefined, (way) => fetch(target.url, way));
    const proxied = takingProxy(use, (way) => fetch("http://corp.example/", way));
    expect(process.env).toMatchObject({ NO_PROXY: "corp.example" });
    expect(process.env).not.toHaveProperty("no_proxy");
    expect(await (await direct).text()).toBe("target");
    expect(await (await proxied).text()).toBe("proxy");
  } finally {
    Object.assign(process.env, { NO_PROXY: before ?? "", no_proxy: beforeToo ?? "" });
    delete process.env["HTTP_PROXY"];
    if (before === undefined) delete process.env["NO_PROXY"];
    if (beforeToo === undefined) delete process.env["no_proxy"];
  }
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
