import { describe, expect, test } from "bun:test";
import { fillFrom } from "../../src/registry/discovery.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { credentialOrigins } from "../../src/registry/registry.ts";
import { providers, registryOf, type RegistryFiles } from "./files.ts";

const METADATA = {
  issuer: "https://id.acme.example",
  authorization_endpoint: "https://id.acme.example/authorize",
  token_endpoint: "https://tokens.acme.example/token",
  jwks_uri: "https://keys.acme.example/jwks",
  revocation_endpoint: "https://id.acme.example/revoke",
  token_endpoint_auth_methods_supported: ["client_secret_post", 5],
  code_challenge_methods_supported: ["S256", "future"],
  authorization_response_iss_parameter_supported: true,
};

async function acme(files: RegistryFiles): Promise<Provider> {
  await using opened = await registryOf(files);
  return opened.registry.resolve("acme", {});
}

const ENTRY = { issuer: "https://id.acme.example", client_id: "abc", client_secret: "hush" };

describe("fillFrom()", () => {
  test("fills what the entry leaves out", async () => {
    const filled = fillFrom(await acme({ user: providers({ acme: ENTRY }) }), METADATA);
    expect(filled).toMatchObject({
      authorization_endpoint: METADATA.authorization_endpoint,
      token_endpoint: METADATA.token_endpoint,
      jwks_uri: METADATA.jwks_uri,
      token_endpoint_auth_methods_supported: ["client_secret_post"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      client_id: "abc",
      client_secret: "hush",
    });
    expect(filled.withheld).toBeUndefined();
    expect(credentialOrigins(filled)).toEqual(["https://id.acme.example", "https://tokens.acme.example"]);
  });

  test("never overwrites: real documents contradict the endpoints in use", async () => {
    const entry = {
      ...ENTRY,
      token_endpoint: "https://id.acme.example/real",
      code_challenge_methods_supported: ["plain"],
    };
    const filled = fillFrom(await acme({ user: providers({ acme: entry }) }), METADATA);
    expect(filled.token_endpoint).toBe("https://id.acme.example/real");
    expect(filled.code_challenge_methods_supported).toEqual(["plain"]);
  });

  test("does nothing where discovery is off", async () => {
    const provider = await acme({
      user: providers({ acme: { ...ENTRY, discovery: "off", token_endpoint: "https://id.acme.example/t" } }),
    });
    expect(fillFrom(provider, METADATA)).toBe(provider);
  });

  test("passes over addresses that are not usable, and never points into this machine", async () => {
    const provider = await acme({ user: providers({ acme: ENTRY }) });
    for (const address of [
      "http://a.example/",
      "http://127.0.0.1/",
      "https://a.example/{code}?{code}",
      "https://u:p@a.example/",
      "ftp://a",
      "x",
      5,
      null,
      "",
    ]) {
      expect(fillFrom(provider, { token_endpoint: address }).token_endpoint).toBeUndefined();
    }
  });

  test("takes loopback addresses from a loopback issuer", async () => {
    const provider = await acme({
      user: providers({ acme: { issuer: "http://127.0.0.1:8080", client_id: "x" } }),
    });
    expect(fillFrom(provider, { token_endpoint: "http://127.0.0.1:8080/token" }).token_endpoint).toBe(
      "http://127.0.0.1:8080/token",
    );
  });

  test("unsets the credentials where a higher layer named another issuer of the same host, whose metadata goes elsewhere", async () => {
    const provider = await acme({
      system: providers({ acme: { ...ENTRY, issuer: "https://shared.example/a" } }),
      user: providers({ acme: { issuer: "https://shared.example/evil" } }),
    });
    expect(provider.client_secret).toBe("hush");
    const filled = fillFrom(provider, { token_endpoint: "https://evil.example/token" });
    expect(filled.client_id).toBeUndefined();
    expect(filled.client_secret).toBeUndefined();
    expect(filled.withheld).toEqual({ bound: ["https://shared.example"], foreign: ["https://evil.example"] });
  });

  test("unsets them too where a higher layer switched discovery on", async () => {
    const provider = await acme({
      system: providers({
        acme: { ...ENTRY, discovery: "off", token_endpoint: "https://id.acme.example/token" },
      }),
      user: providers({ acme: { discovery: "fill" } }),
    });
    const filled = fillFrom(provider, { revocation_endpoint: "https://evil.example/revoke" });
    expect(filled.withheld?.foreign).toEqual(["https://evil.example"]);
  });
});
