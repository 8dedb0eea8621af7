import { describe, expect, test } from "bun:test";
import { ConfigurationError, KeyfobError, UsageError } from "../../src/errors.ts";
import { credentialOrigins } from "../../src/registry/registry.ts";
import { providers, registryOf } from "./files.ts";

/** The failure that `act` ends in. */
function failureOf(act: () => unknown): KeyfobError {
  try {
    act();
  } catch (failure) {
    if (failure instanceof KeyfobError) return failure;
    throw failure;
  }
  throw new Error("it did not fail");
}

describe("the entry of an issuer and a client id", () => {
  test("is complete", async () => {
    await using opened = await registryOf({
      user: providers({ acme: { issuer: "https://id.acme.example", client_id: "abc" } }),
    });
    const acme = opened.registry.resolve("acme", {});
    expect(acme).toMatchObject({
      name: "acme",
      tier: "unverified",
      layer: "user",
      builtIn: false,
      discovery: "fill",
      scopes: ["openid"],
      scope_separator: " ",
      pkce: "auto",
      response_mode: "query",
      client_secret_use: "optional",
      basic_encoding: "form",
      redirect: { host: "127.0.0.1", port: "any", path: "/callback" },
      binding: { origins: ["https://id.acme.example"], issuer: "https://id.acme.example" },
    });
    expect(acme.token_endpoint).toBeUndefined();
    expect(opened.registry.list().find(({ id }) => id === "acme")?.ready).toBe(true);
  });

  test("asks for no scope where there is no issuer", async () => {
    await using opened = await registryOf({
      user: providers({ acme: { token_endpoint: "https://a.example/" } }),
    });
    expect(opened.registry.resolve("acme", {})).toMatchObject({ scopes: [], discovery: "off" });
  });

  test("takes a loopback address given by --redirect-uri apart, to listen there", async () => {
    await using opened = await registryOf({
      user: providers({ acme: { issuer: "https://a.example", client_id: "x" } }),
    });
    const { redirect } = opened.registry.resolve("acme", { redirectUri: "http://localhost:9000/cb" });
    expect(redirect).toEqual({ host: "localhost", port: [9000], path: "/cb" });
  });
});

describe("resolve() refuses", () => {
  test("an unknown provider, with the nearest one", async () => {
    await using opened = await registryOf({});
    const failure = failureOf(() => opened.registry.resolve("gogle", {}));
    expect(failure).toBeInstanceOf(UsageError);
    expect(failure).toMatchObject({ code: "unknown_provider", exitStatus: 2 });
    expect(failure.hint).toBe('did you mean "google"? keyfob providers list shows all');
  });

  test("names that every object has", async () => {
    await using opened = await registryOf({});
    for (const id of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(opened.registry.has(id)).toBe(false);
      expect(failureOf(() => opened.registry.resolve(id, {})).code).toBe("unknown_provider");
    }
  });

  test("a hostile name without repeating its control characters (STANDARDS 78)", async () => {
    await using opened = await registryOf({});
    const { message } = failureOf(() => opened.registry.resolve("\u001b]0;pwned\u0007", {}));
    expect(message).toBe('Cannot find the provider "]0;pwned"');
  });

  test("a broken entry, with file, line and column, while the others work", async () => {
    await using opened = await registryOf({
      user: '{ "providers": {\n "acme": { "issuer": "https://a.example",\n  "scops": ["x"] },\n "good": { "issuer": "https://b.example", "client_id": "x" } } }',
    });
    const failure = failureOf(() => opened.registry.resolve("acme", {}));
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure.code).toBe("broken_entry");
    expect(failure.message).toContain(
      `${opened.paths.registryFile}:3:3: /providers/acme/scops: unknown field "scops"`,
    );
    expect(failure.hint).toBe('did you mean "scopes"?');
    expect(opened.registry.resolve("good", {}).client_id).toBe("x");
    expect(opened.registry.list().find(({ id }) => id === "acme")).toMatchObject({
      ready: false,
      layer: "user",
    });
    expect(opened.registry.problems).toHaveLength(1);
  });

  test("a broken layer over a built-in entry: half an edit is never used", async () => {
    await using opened = await registryOf({ user: providers({ openai: { client_id: "mine", scops: [] } }) });
    expect(failureOf(() => opened.registry.resolve("openai", {})).code).toBe("broken_entry");
  });

  test("an entry whose parent is broken", async () => {
    await using opened = await registryOf({
      user: providers({ parent: { issuer: "https://a.example", oops: 1 }, child: { extends: "parent" } }),
    });
    expect(failureOf(() => opened.registry.resolve("child", {})).message).toContain("/providers/parent/oops");
  });

  test("parents in a circle, and an entry that is its own parent", async () => {
    await using opened = await registryOf({
      user: providers({
        a: { extends: "b" },
        b: { extends: "c" },
        c: { extends: "a" },
        self: { extends: "self" },
      }),
    });
    expect(failureOf(() => opened.registry.resolve("a", {})).message).toContain("a -> b -> c -> a");
    expect(failureOf(() => opened.registry.resolve("self", {})).code).toBe("broken_entry");
  });

  test("a variable without a value, asking its question", async () => {
    await using opened = await registryOf({});
    const failure = failureOf(() => opened.registry.resolve("keycloak", {}));
    expect(failure).toMatchObject({ code: "missing_variable", hint: "--set host=VALUE --set realm=VALUE" });
    expect(failure.message).toBe(
      'Cannot use "keycloak" without "host" (Keycloak host, such as id.example.com)',
    );
    expect(opened.registry.missingVariables("keycloak", { set: { host: "id.example.com" } })).toEqual([
      { name: "realm", prompt: "Realm" },
    ]);
  });

  test("a variable that is not declared, with the nearest one", async () => {
    await using opened = await registryOf({});
    const failure = failureOf(() => opened.registry.resolve("microsoft", { set: { tennant: "x" } }));
    expect(failure).toMatchObject({ code: "unknown_variable", hint: 'did you mean "tenant"?' });
    expect(failureOf(() => opened.registry.resolve("openai", { set: { constructor: "x" } })).code).toBe(
      "unknown_variable",
    );
  });

  test("a value that its pattern does not match whole", async () => {
    await using opened = await registryOf({});
    for (const tenant of ["a/b", "common\n", "x?y", "", "{code}"]) {
      expect(failureOf(() => opened.registry.resolve("microsoft", { set: { tenant } })).code).toBe(
        "bad_variable",
      );
    }
  });

  test("a host that is more than a host", async () => {
    await using opened = await registryOf({});
    for (const host of ["evil.com/#", "a@b", "x:80/..", "%2f", "evil.com?x=", "", "{host}"]) {
      expect(failureOf(() => opened.registry.resolve("gitlab", { set: { host } })).code).toBe("bad_variable");
    }
  });
});

describe("variables", () => {
  test("are filled in by position, and the steps' placeholders stay", async () => {
    await using opened = await registryOf({
      user: providers({
        acme: {
          variables: { org: { default: "a b" } },
          issuer: "https://a.example/{org}",
          scopes: ["{org}:read"],
          whoami: { endpoint: "https://a.example/{org}/me?k={kept.id}", headers: { "X-Org": "{org} {app}" } },
        },
      }),
    });
    expect(opened.registry.resolve("acme", {})).toMatchObject({
      issuer: "https://a.example/a%20b",
      scopes: ["a b:read"],
      whoami: { endpoint: "https://a.example/a%20b/me?k={kept.id}", headers: { "X-Org": "a b {app}" } },
    });
  });

  test("cannot smuggle in a placeholder or end a header", async () => {
    await using opened = await registryOf({
      user: providers({
        acme: {
          variables: { org: { default: "x" } },
          issuer: "https://a.example",
          whoami: { endpoint: "https://a.example/", headers: { "X-Org": "{org}" } },
        },
      }),
    });
    for (const org of ["{access_token}", "a\r\nX-Evil: 1", "a\u0000"]) {
      expect(failureOf(() => opened.registry.resolve("acme", { set: { org } })).code).toBe("bad_variable");
    }
  });

  test("that nobody gave stay visible in preview()", async () => {
    await using opened = await registryOf({});
    expect(opened.registry.preview("okta", {}).issuer).toBe("https://{domain}/oauth2/default");
  });
});

describe("tier", () => {
  test("stays verified under a client of one's own, and not under an endpoint of one's own", async () => {
    await using opened = await registryOf({
      user: providers({
        google: { client_id: "mine" },
        discord: { client_id: "mine", token_endpoint: "https://discord.com/api/v10/oauth2/token" },
      }),
    });
    expect(opened.registry.resolve("google", {}).tier).toBe("verified");
    expect(opened.registry.resolve("discord", {}).tier).toBe("unverified");
  });
});

describe("list()", () => {
  test("says which are ready", async () => {
    await using opened = await registryOf({
      user: providers({
        google: { client_id: "mine" },
        github: { client_id: "mine", client_secret: "mine" },
        okta: { client_id: "mine" },
        acme: { issuer: "https://id.acme.example", client_id: "mine" },
        broken: { issuer: "https://id.acme.example", client_id: "mine", client_sicret: "mine" },
      }),
    });
    const list = opened.registry.list();
    const isReady = (id: string) => list.find((summary) => summary.id === id)?.ready;
    expect(["openai", "github", "acme"].map(isReady)).toEqual([true, true, true]);
    // A secret is missing, a variable has no value, nothing can be used of it.
    expect(["google", "okta", "broken"].map(isReady)).toEqual([false, false, false]);
    expect(list.filter(({ lacksSecret }) => lacksSecret).map(({ id }) => id)).toEqual(["google"]);
  });

  test("gives names without control, bidi and zero-width characters (STANDARDS 78)", async () => {
    await using opened = await registryOf({
      user: providers({ acme: { issuer: "https://a.example", name: "A\u001b[31mc\u202em\u200be" } }),
    });
    expect(opened.registry.list().find(({ id }) => id === "acme")?.name).toBe("A[31mcme");
    expect(opened.registry.resolve("acme", {}).name).toBe("A[31mcme");
  });
});

describe("credentialOrigins()", () => {
  test("are sorted, each once, and name the issuer while discovery may fill", async () => {
    await using opened = await registryOf({});
    expect(credentialOrigins(opened.registry.resolve("google", {}))).toEqual([
      "https://accounts.google.com",
      "https://oauth2.googleapis.com",
      "https://openidconnect.googleapis.com",
    ]);
  });

  test("name every host that the callback may choose", async () => {
    await using opened = await registryOf({
      user: providers({
        acme: {
          authorization_endpoint: "https://accounts.zoho.com/auth",
          token_endpoint: "https://{callback.server}/token",
          hosts: { "callback.server": ["accounts.zoho.eu", "accounts.zoho.com"] },
        },
      }),
    });
    expect(credentialOrigins(opened.registry.resolve("acme", {}))).toEqual([
      "https://accounts.zoho.com",
      "https://accounts.zoho.eu",
    ]);
  });
});

describe("a notice that came with a client", () => {
  const own = { openai: { client_id: "mine" } };
  test.each([
    ["is said of that client", {}, {}, true],
    ["stays where a file changes something else", { openai: { scopes: ["openid"] } }, {}, true],
    ["is gone with another client of a file", own, {}, false],
    ["is gone with another client by flag", {}, { clientId: "mine" }, false],
  ] as const)("%s", async (_name, entries, choices, isSaid) => {
    await using opened = await registryOf({ user: providers(entries) });
    expect(opened.registry.resolve("openai", choices).notice !== undefined).toBe(isSaid);
  });
});
