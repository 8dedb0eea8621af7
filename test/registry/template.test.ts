import { describe, expect, test } from "bun:test";
import { ConfigurationError } from "../../src/errors.ts";
import {
  fillEndpoint,
  fillTemplate,
  fillVariables,
  hostPlaceholders,
  placeholders,
} from "../../src/registry/template.ts";
import { failureOf } from "../oauth/fixtures.ts";

describe("fillTemplate()", () => {
  test("puts text in as it is", () => {
    expect(fillTemplate("{app}/1 ({state})", { app: "keyfob", state: "a b&c" }, "text")).toBe(
      "keyfob/1 (a b&c)",
    );
  });

  test("encodes a path segment, so that a value stays one segment", () => {
    expect(fillTemplate("https://a.example/{kept.id}/x", { "kept.id": "../b?c#d/%2f" }, "url")).toBe(
      "https://a.example/..%2Fb%3Fc%23d%2F%252f/x",
    );
  });

  test("encodes a query component, so that a value adds no parameter", () => {
    expect(fillTemplate("https://a.example/?q={state}", { state: "1&admin=1" }, "url")).toBe(
      "https://a.example/?q=1%26admin%3D1",
    );
  });

  test("makes an undefined value the empty string", () => {
    expect(fillTemplate("[{state}]", { state: undefined }, "text")).toBe("[]");
    expect(fillTemplate("[{kept.never}]", {}, "text")).toBe("[]");
  });

  test("refuses a placeholder that nobody knows", () => {
    expect(() => fillTemplate("{nobody}", {}, "text")).toThrow('Cannot fill in "{nobody}"');
    expect(() => fillTemplate("{constructor}", {}, "text")).toThrow(ConfigurationError);
  });

  test("never fills in twice: a value with braces stays a value", () => {
    expect(fillTemplate("{state}", { state: "{code}", code: "secret" }, "text")).toBe(
      "{state}".replace("state", "code"),
    );
  });

  test("refuses a value that would choose the scheme", () => {
    expect(() => fillTemplate("{state}://a.example", { state: "http" }, "url")).toThrow(ConfigurationError);
  });

  test("does not fail on a lone surrogate", () => {
    expect(fillTemplate("https://a.example/{state}", { state: "\ud800" }, "url")).toBe(
      "https://a.example/%EF%BF%BD",
    );
  });
});

describe("a variable in host position", () => {
  const fill = (host: string) => fillEndpoint("https://{host}/token", { host }, {}).href;

  test("may hold host characters and an optional port", () => {
    expect(fill("git.example.com")).toBe("https://git.example.com/token");
    expect(fill("git.example.com:8443")).toBe("https://git.example.com:8443/token");
    expect(fill("[::1]:8443")).toBe("https://[::1]:8443/token");
  });

  const attacks = [
    "evil.com/#",
    "evil.com/",
    "a@b",
    "user:pass@evil.com",
    "x:80/..",
    "x:80:90",
    "%2f",
    "evil.com%2f",
    "evil.com?",
    "evil.com\\",
    "evil.com\n",
    " evil.com",
    "evil.com.",
    ".evil.com",
    "-evil.com",
    "evil..com",
    "ëvil.com",
    "evil。com",
    "[::1",
    "x:",
    "x:port",
    "",
  ];
  for (const attack of attacks) {
    test(`refuses ${JSON.stringify(attack)}`, () => {
      expect(() => fill(attack)).toThrow(ConfigurationError);
    });
  }

  test("cannot escape the domain it is a label of", () => {
    const inDomain = (tenant: string) => fillEndpoint("https://{tenant}.acme.example/token", { tenant }, {});
    expect(inDomain("mine").hostname).toBe("mine.acme.example");
    expect(() => inDomain("evil.com:80")).toThrow(ConfigurationError);
    expect(() => inDomain("evil.com#")).toThrow(ConfigurationError);
  });
});

describe("a placeholder from outside in host position", () => {
  const template = "https://{callback.accounts-server}/oauth/v2/token";
  const hosts = { "callback.accounts-server": ["accounts.zoho.com", "accounts.zoho.eu"] };

  test("takes a host from the entry's list", () => {
    expect(fillEndpoint(template, { "callback.accounts-server": "accounts.zoho.eu" }, hosts).host).toBe(
      "accounts.zoho.eu",
    );
  });

  test("takes a listed host that the provider sends as an address", () => {
    expect(
      fillEndpoint(template, { "callback.accounts-server": "https://accounts.zoho.eu" }, hosts).host,
    ).toBe("accounts.zoho.eu");
  });

  test("refuses every other host, without repeating it", () => {
    for (const value of [
      "evil.com",
      "accounts.zoho.eu.evil.com",
      "accounts.zoho.eu:8443",
      "http://accounts.zoho.eu",
      "",
    ]) {
      expect(() => fillEndpoint(template, { "callback.accounts-server": value }, hosts)).toThrow(
        "list of hosts",
      );
    }
  });

  test("refuses any host where the entry has no list", () => {
    expect(() => fillEndpoint(template, { "callback.accounts-server": "accounts.zoho.eu" }, {})).toThrow(
      ConfigurationError,
    );
    expect(() => fillTemplate("https://{kept.host}/x", { "kept.host": "a.example" }, "url")).toThrow(
      ConfigurationError,
    );
  });

  test("never lets a code, a state or a token choose a host", () => {
    for (const name of ["code", "state", "access_token", "client_id"]) {
      expect(() => fillEndpoint(`https://{${name}}/`, { [name]: "evil.com" }, {})).toThrow(
        ConfigurationError,
      );
    }
  });
});

describe("fillEndpoint()", () => {
  test("accepts https, and http on a loopback host", () => {
    for (const address of [
      "https://a.example/x",
      "http://127.0.0.1:8080/",
      "http://[::1]/",
      "http://localhost:1/x",
    ]) {
      expect(fillEndpoint(address, {}, {}).href).toBe(address);
    }
  });

  const refused = [
    "http://a.example/",
    "http://127.0.0.1.evil.com/",
    "http://localhost.evil.com/",
    "http://127.0.0.2/",
    "ftp://a.example/",
    "javascript:alert(1)",
    "https:a.example",
    "https:///a.example",
    "//a.example/",
    "a.example",
    "https://user@a.example/",
    "https://@a.example/",
    "https://a.example/#x",
    "https://a.example\\@evil.com/",
    "https://a.example/x y",
    "https://a.example/a/../b",
    "https://a.example/a/%2E%2e/b",
    "https://a.example/\u0000",
  ];
  for (const address of refused) {
    test(`refuses ${JSON.stringify(address)}`, () => {
      expect(() => fillEndpoint(address, {}, {})).toThrow(ConfigurationError);
    });
  }

  test("refuses a value that steps out of its path", () => {
    expect(() => fillEndpoint("https://a.example/t/{state}/x", { state: ".." }, {})).toThrow("dot segment");
  });
});

describe("fillVariables()", () => {
  test("fills in what it knows and leaves the rest for the steps", () => {
    expect(fillVariables("https://{host}/{kept.id}?c={code}", { host: "a.example" }, "url")).toBe(
      "https://a.example/{kept.id}?c={code}",
    );
  });
});

test("placeholders() names each once, in order", () => {
  expect(placeholders("{b}{a}{b}{kept.x-y} {not one} {}")).toEqual(["b", "a", "kept.x-y"]);
});

test("hostPlaceholders() names those of the host alone", () => {
  expect(hostPlaceholders("https://{tenant}.{region}.example:1/{path}?{query}")).toEqual([
    "tenant",
    "region",
  ]);
});

test("a fixed secret in an address stays out of what is said of it", async () => {
  for (const address of [
    "https://{nobody}.example/?api_key=hush",
    "http://a.example/?api_key=hush&x={state}",
  ]) {
    const failure = await failureOf(() => fillEndpoint(address, { state: "s" }));
    expect(failure.message).toContain("?api_key=***");
    expect(failure.message).not.toContain("hush");
  }
});
