import { describe, expect, test } from "bun:test";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { providers, registryOf, type RegistryFiles } from "./files.ts";

/** A provider that wants a key of the administrator's in a header besides its client. */
const ACME = {
  issuer: "https://id.acme.example",
  discovery: "off",
  authorization_endpoint: "https://id.acme.example/authorize",
  token_endpoint: "https://id.acme.example/token",
  token: { headers: { Accept: "application/json", "X-Api-Key": "hush" } },
};

/** The same at a host that a person chooses. */
const HOSTED = {
  ...ACME,
  variables: { host: { prompt: "Host" } },
  issuer: "https://{host}",
  authorization_endpoint: "https://{host}/authorize",
  token_endpoint: "https://{host}/token",
};

/** What a client of one's own does to the client of a lower layer: it takes its place. */
const OWN = { client_id: "own" };

async function acme(files: RegistryFiles, choices: ProviderChoices = {}, id = "acme"): Promise<Provider> {
  await using opened = await registryOf(files);
  return opened.registry.resolve(id, choices);
}

function expectKept(provider: Provider): void {
  expect(JSON.stringify(provider)).toContain("hush");
  expect(provider.withheld_requests).toBeUndefined();
}

function expectWithheld(provider: Provider, at: string, foreign: string): void {
  // What a variable holds goes nowhere by itself.
  expect(JSON.stringify({ ...provider, variables: {} })).not.toContain("hush");
  expect(provider.withheld_requests).toEqual([{ at, bound: expect.any(Array), foreign: [foreign] }]);
}

describe("a fixed secret of a lower layer's request", () => {
  const EVIL = "https://evil.example";

  test.each<[string, object]>([
    ["moves token_endpoint", { token_endpoint: `${EVIL}/token` }],
    ["adds an endpoint to the step", { token: { endpoint: `${EVIL}/token` } }],
    ["moves the issuer and lets it fill", { issuer: EVIL, discovery: "fill" }],
  ])("is withheld where an edit %s, whatever client it gives", async (_what, edit) => {
    const files = { system: providers({ acme: ACME }), user: providers({ acme: { ...OWN, ...edit } }) };
    const provider = await acme(files);
    expectWithheld(provider, "token.headers.X-Api-Key", EVIL);
    expect(provider.token?.headers).toEqual({ Accept: "application/json" });
    expect(provider.withheld_requests?.[0]?.bound).toEqual(["https://id.acme.example"]);
    expect(provider.client_id).toBe("own");
  });

  test("is withheld from an heir elsewhere", async () => {
    const heir = { extends: "acme", ...OWN, token_endpoint: `${EVIL}/token` };
    const files = { system: providers({ acme: ACME }), user: providers({ heir }) };
    expectWithheld(await acme(files, {}, "heir"), "token.headers.X-Api-Key", EVIL);
  });

  test("is withheld among parameters and in lists of steps too", async () => {
    const exchange = [{ endpoint: "https://id.acme.example/x" }, { params: { password: "hush" } }];
    const { token: _token, ...rest } = ACME;
    const files = {
      system: providers({ acme: { ...rest, exchange } }),
      user: providers({ acme: { ...OWN, revocation_endpoint: `${EVIL}/revoke` } }),
    };
    const provider = await acme(files);
    expectWithheld(provider, "exchange.1.params.password", EVIL);
    expect(provider.exchange).toEqual([{ endpoint: "https://id.acme.example/x" }, { params: {} }]);
  });

  test("is kept at the same origin, and one that the edit itself gives goes where that leads", async () => {
    const system = providers({ acme: ACME });
    const path = { ...OWN, token_endpoint: "https://id.acme.example/v2/token" };
    expectKept(await acme({ system, user: providers({ acme: path }) }));
    const own = {
      ...OWN,
      token_endpoint: `${EVIL}/token`,
      token: { headers: { "X-Api-Key": "hush of its own" } },
    };
    expectKept(await acme({ system, user: providers({ acme: own }) }));
    const none = { ...OWN, token_endpoint: `${EVIL}/token`, token: { headers: { "X-Api-Key": null } } };
    expect((await acme({ system, user: providers({ acme: none }) })).withheld_requests).toBeUndefined();
  });

  test("a placeholder is none, nor is a value that the person chooses", async () => {
    const token = { headers: { Authorization: "token {code}", "X-Api-Key": "{key}" } };
    const system = providers({ acme: { ...ACME, token, variables: { key: { prompt: "Key" } } } });
    const user = providers({ acme: { ...OWN, token_endpoint: `${EVIL}/token` } });
    const provider = await acme({ system, user }, { set: { key: "mine" } });
    expect(provider.withheld_requests).toBeUndefined();
    expect(provider.token?.headers).toEqual({ Authorization: "token {code}", "X-Api-Key": "mine" });
  });

  test("one that a variable's default gives is bound to what the layer of the default knew", async () => {
    const token = { headers: { "X-Api-Key": "{key}" } };
    const system = providers({ acme: { ...ACME, token, variables: { key: { default: "hush" } } } });
    const moved = { ...OWN, token_endpoint: `${EVIL}/token` };
    expectWithheld(await acme({ system, user: providers({ acme: moved }) }), "token.headers.X-Api-Key", EVIL);
    const own = { ...moved, variables: { key: { default: "hush of its own" } } };
    expectKept(await acme({ system, user: providers({ acme: own }) }));
  });
});

describe("a fixed secret where the host is a variable", () => {
  const files = { user: providers({ acme: { ...HOSTED, ...OWN } }) };

  test("goes to the host that the person names", async () => {
    expectKept(await acme(files, { set: { host: "one.example" } }));
  });

  test("goes to no host that another machine names", async () => {
    const provider = await acme(files, { set: { host: "one.example" }, isSent: true });
    expectWithheld(provider, "token.headers.X-Api-Key", "https://one.example");
  });

  test("goes to the default, and nowhere else, whoever says so", async () => {
    const user = providers({ acme: { ...HOSTED, ...OWN, variables: { host: { default: "one.example" } } } });
    expectKept(await acme({ user }));
    expectKept(await acme({ user }, { set: { host: "one.example" }, isSent: true }));
    const elsewhere = await acme({ user }, { set: { host: "two.example" } });
    expectWithheld(elsewhere, "token.headers.X-Api-Key", "https://two.example");
  });

  test("goes nowhere that another machine's certificates vouch for", async () => {
    const user = providers({ acme: { ...ACME, ...OWN } });
    expectKept(await acme({ user }, { isSent: true }));
    const provider = await acme({ user }, { isSent: true, authorities: "PEM" });
    expectWithheld(provider, "token.headers.X-Api-Key", "https://id.acme.example");
  });
});

describe("a fixed secret in the query of an address", () => {
  const { token: _token, ...KEYLESS } = ACME;
  const KEYED = { ...KEYLESS, token_endpoint: "https://id.acme.example/token?v=2&api_key=hush" };
  const { token: _headers, ...HOSTLESS } = HOSTED;
  const ANYWHERE = { ...HOSTLESS, ...OWN, token_endpoint: "https://{host}/token?api_key=hush" };

  test("is withheld where an edit moves another address, and the address stays", async () => {
    const moved = { ...OWN, revocation_endpoint: "https://evil.example/revoke" };
    const files = { system: providers({ acme: KEYED }), user: providers({ acme: moved }) };
    const provider = await acme(files);
    expectWithheld(provider, "token_endpoint?api_key", "https://evil.example");
    expect(provider.token_endpoint).toBe("https://id.acme.example/token?v=2");
    expectKept(await acme({ user: providers({ acme: { ...KEYED, ...OWN } }) }));
  });

  test("goes to the host that the person names, and to none that another machine names", async () => {
    const files = { user: providers({ acme: ANYWHERE }) };
    expectKept(await acme(files, { set: { host: "one.example" } }));
    const provider = await acme(files, { set: { host: "one.example" }, isSent: true });
    expectWithheld(provider, "token_endpoint?api_key", "https://one.example");
    expect(provider.token_endpoint).toBe("https://one.example/token");
  });

  test("is withheld in lists of steps too, and one that a variable's default gives is bound to its layer", async () => {
    const exchange = [{ endpoint: "https://id.acme.example/x?password={key}" }];
    const variables = { key: { default: "hush" } };
    const system = providers({ acme: { ...KEYLESS, exchange, variables } });
    const moved = { ...OWN, token_endpoint: "https://evil.example/token" };
    const provider = await acme({ system, user: providers({ acme: moved }) });
    expectWithheld(provider, "exchange.0.endpoint?password", "https://evil.example");
    expect(provider.exchange).toEqual([{ endpoint: "https://id.acme.example/x" }]);
    const chosen = await acme({ system, user: providers({ acme: moved }) }, { set: { key: "mine" } });
    expect(chosen.withheld_requests).toBeUndefined();
  });
});
