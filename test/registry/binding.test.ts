import { describe, expect, test } from "bun:test";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { providers, registryOf, type RegistryFiles } from "./files.ts";

/** A provider that the administrator describes, with its client. */
const ACME = {
  issuer: "https://id.acme.example",
  discovery: "off",
  authorization_endpoint: "https://id.acme.example/authorize",
  token_endpoint: "https://id.acme.example/token",
  client_id: "abc",
  client_secret: "hush",
};

async function acme(files: RegistryFiles, choices: ProviderChoices = {}, id = "acme"): Promise<Provider> {
  await using opened = await registryOf(files);
  return opened.registry.resolve(id, choices);
}

function expectWithheld(provider: Provider, foreign: string): void {
  expect(provider.client_id).toBeUndefined();
  expect(provider.client_secret).toBeUndefined();
  expect(provider.withheld?.foreign).toEqual([foreign]);
  expect(JSON.stringify(provider)).not.toContain("hush");
}

describe("a one-line edit of a higher layer withholds the credentials of a lower one", () => {
  const edits: [what: string, edit: object][] = [
    ["moves token_endpoint", { token_endpoint: "https://evil.example/token" }],
    [
      "moves authorization_endpoint, where the password is typed",
      { authorization_endpoint: "https://evil.example/" },
    ],
    ["adds a revocation_endpoint", { revocation_endpoint: "https://evil.example/revoke" }],
    [
      "adds a pushed_authorization_request_endpoint",
      { pushed_authorization_request_endpoint: "https://evil.example/" },
    ],
    ["adds a token step", { token: { endpoint: "https://evil.example/token" } }],
    ["adds a refresh step", { refresh: { endpoint: "https://evil.example/token" } }],
    ["adds an exchange step", { exchange: [{ endpoint: "https://evil.example/" }] }],
    ["adds a whoami step", { whoami: { endpoint: "https://evil.example/" } }],
    ["adds a revoke step", { revoke: { endpoint: "https://evil.example/" } }],
    ["adds a device request", { device: { request: { endpoint: "https://evil.example/" } } }],
    ["adds a device poll", { device: { poll: { endpoint: "https://evil.example/" } } }],
    ["moves the page for device codes", { device: { verification_uri: "https://evil.example/" } }],
    ["adds an authorize step", { authorize: { endpoint: "https://evil.example/" } }],
    ["moves the issuer and lets it fill", { issuer: "https://evil.example", discovery: "fill" }],
    ["sends the code to another page", { redirect: { uri: "https://evil.example/cb" } }],
    [
      "lets the callback choose the host",
      {
        token_endpoint: "https://{callback.server}/token",
        hosts: { "callback.server": ["id.acme.example", "evil.example"] },
      },
    ],
  ];
  for (const [what, edit] of edits) {
    test(`where it ${what}`, async () => {
      const provider = await acme({ system: providers({ acme: ACME }), user: providers({ acme: edit }) });
      expectWithheld(provider, "https://evil.example");
      expect(provider.withheld?.bound).toEqual(["https://id.acme.example"]);
    });
  }

  test("also for a client that ships with keyfob", async () => {
    const provider = await acme(
      { user: providers({ openai: { token_endpoint: "https://evil.example/token" } }) },
      {},
      "openai",
    );
    expectWithheld(provider, "https://evil.example");
  });

  test("another port of the same host is another origin", async () => {
    const provider = await acme({
      system: providers({ acme: ACME }),
      user: providers({ acme: { token_endpoint: "https://id.acme.example:8443/token" } }),
    });
    expectWithheld(provider, "https://id.acme.example:8443");
  });

  test("another path of the same origin is fine", async () => {
    const provider = await acme({
      system: providers({ acme: ACME }),
      user: providers({ acme: { token_endpoint: "https://id.acme.example/v2/token" } }),
    });
    expect(provider.client_secret).toBe("hush");
    expect(provider.withheld).toBeUndefined();
  });
});

describe("variables", () => {
  const HOSTED = {
    ...ACME,
    variables: { host: { default: "id.acme.example" } },
    issuer: "https://{host}",
    authorization_endpoint: "https://{host}/authorize",
    token_endpoint: "https://{host}/token",
  };

  test("--set of another host withholds the secret of the default one", async () => {
    const provider = await acme({ user: providers({ acme: HOSTED }) }, { set: { host: "evil.example" } });
    expectWithheld(provider, "https://evil.example");
  });

  test("--set of the default host changes nothing", async () => {
    const provider = await acme({ user: providers({ acme: HOSTED }) }, { set: { host: "id.acme.example" } });
    expect(provider.client_secret).toBe("hush");
  });

  test("a default in a higher layer withholds too", async () => {
    const provider = await acme({
      system: providers({ acme: HOSTED }),
      user: providers({ acme: { variables: { host: { default: "evil.example" } } } }),
    });
    expectWithheld(provider, "https://evil.example");
  });

  test("a higher layer cannot take the default away to let --set choose", async () => {
    const provider = await acme(
      {
        system: providers({ acme: HOSTED }),
        user: providers({ acme: { variables: { host: { default: null } } } }),
      },
      { set: { host: "evil.example" } },
    );
    expectWithheld(provider, "https://evil.example");
  });

  test("a host that the credential's own entry asks for is whichever one the person names", async () => {
    const asked = { ...HOSTED, variables: { host: { prompt: "Host" } } };
    const provider = await acme({ user: providers({ acme: asked }) }, { set: { host: "my.example" } });
    expect(provider.client_secret).toBe("hush");
    expect(provider.binding?.origins).toEqual(["https://my.example"]);
  });

  test("a higher layer cannot answer that question for the person", async () => {
    const asked = { ...HOSTED, variables: { host: { prompt: "Host" } } };
    const provider = await acme({
      system: providers({ acme: asked }),
      user: providers({ acme: { variables: { host: { default: "evil.example" } } } }),
    });
    expectWithheld(provider, "https://evil.example");
  });

  test("a layer that gives the host and the client together keeps both", async () => {
    const mine = {
      extends: "gitlab",
      client_id: "me",
      client_secret: "mine",
      variables: { host: { default: "git.corp.example" } },
    };
    const provider = await acme({ user: providers({ work: mine }) }, {}, "work");
    expect(provider).toMatchObject({
      client_id: "me",
      client_secret: "mine",
      token_endpoint: "https://git.corp.example/oauth/token",
    });
  });
});

describe("extends", () => {
  test("a child that goes elsewhere does not inherit the client", async () => {
    const provider = await acme(
      {
        user: providers({
          acme: ACME,
          child: { extends: "acme", token_endpoint: "https://evil.example/token" },
        }),
      },
      {},
      "child",
    );
    expectWithheld(provider, "https://evil.example");
  });

  test("a child that stays there does", async () => {
    const provider = await acme(
      { user: providers({ acme: ACME, child: { extends: "acme", scopes: ["x"] } }) },
      {},
      "child",
    );
    expect(provider.client_secret).toBe("hush");
  });

  test("a child that goes elsewhere with its own client keeps its own", async () => {
    const own = {
      extends: "acme",
      token_endpoint: "https://b.example/token",
      client_id: "b",
      client_secret: "own",
    };
    const provider = await acme({ user: providers({ acme: ACME, child: own }) }, {}, "child");
    expect(provider).toMatchObject({ client_id: "b", client_secret: "own" });
    expect(provider.withheld).toBeUndefined();
  });
});

describe("a secret belongs to its client id", () => {
  test("another client id in a higher layer unsets the inherited secret", async () => {
    const provider = await acme({
      system: providers({ acme: ACME }),
      user: providers({ acme: { client_id: "other" } }),
    });
    expect(provider.client_id).toBe("other");
    expect(provider.client_secret).toBeUndefined();
    expect(provider.withheld).toBeUndefined();
  });

  test("so does --client-id", async () => {
    const provider = await acme({ user: providers({ acme: ACME }) }, { clientId: "other" });
    expect(provider.client_id).toBe("other");
    expect(provider.client_secret).toBeUndefined();
  });

  test("the same client id again keeps it", async () => {
    const provider = await acme({ user: providers({ acme: ACME }) }, { clientId: "abc" });
    expect(provider.client_secret).toBe("hush");
  });

  test("the same client id at a new place does not carry the old secret along", async () => {
    const provider = await acme({
      system: providers({ acme: ACME }),
      user: providers({ acme: { client_id: "abc", token_endpoint: "https://evil.example/token" } }),
    });
    expect(provider.client_secret).toBeUndefined();
    expect(provider.withheld?.foreign).toEqual(["https://evil.example"]);
  });

  test("a secret added above keeps the client id below", async () => {
    const { client_secret: _secret, ...publicClient } = ACME;
    const provider = await acme({
      system: providers({ acme: publicClient }),
      user: providers({ acme: { client_secret: "hush" } }),
    });
    expect(provider).toMatchObject({ client_id: "abc", client_secret: "hush" });
  });
});

describe("flags", () => {
  test("a client given by flags goes where the person points it", async () => {
    const provider = await acme(
      {
        user: providers({
          acme: {
            ...ACME,
            token_endpoint: "https://{host}/token",
            variables: { host: { default: "id.acme.example" } },
          },
        }),
      },
      { clientId: "mine", clientSecret: { env: "MINE" }, set: { host: "other.example" } },
    );
    expect(provider).toMatchObject({ client_id: "mine", client_secret: { env: "MINE" } });
    expect(provider.withheld).toBeUndefined();
    expect(provider.binding).toBeUndefined();
  });
});
