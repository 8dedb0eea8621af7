import { describe, expect, test } from "bun:test";
import { begin } from "../../src/oauth/authorize.ts";
import { credentialOrigins } from "../../src/registry/registry.ts";
import { providers, registryOf } from "./files.ts";
import golden from "./golden.json";
import { ASKED } from "./simulated_login.ts";

const SHIPPED = Object.keys(golden);

describe("built-in entries", () => {
  test("are those of the golden file, three quarters of them verified", async () => {
    await using opened = await registryOf({});
    const listed = opened.registry.list();
    expect(listed.map(({ id }) => id)).toEqual(SHIPPED.toSorted());
    expect(listed.filter(({ tier }) => tier === "verified")).toHaveLength(128);
  });

  for (const id of SHIPPED) {
    test(`${id} resolves to a complete provider`, async () => {
      await using opened = await registryOf({});
      const provider = opened.registry.resolve(id, { set: ASKED[id] ?? {} });
      expect(provider).toMatchObject({ id, layer: "built-in", builtIn: true });
      expect(provider.token_endpoint).toStartWith("https://");
      expect(credentialOrigins(provider)).not.toBeEmpty();
      expect(
        JSON.stringify([provider.issuer, provider.token_endpoint, provider.authorization_endpoint]),
      ).not.toContain("{");
    });
  }

  test("openai is what OpenAI's own tool does", async () => {
    await using opened = await registryOf({});
    const openai = opened.registry.resolve("openai", {});
    expect(openai).toMatchObject({
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
      client_secret_use: "none",
      discovery: "off",
      authorization_endpoint: "https://auth.openai.com/oauth/authorize",
      token_endpoint: "https://auth.openai.com/oauth/token",
      revocation_endpoint: "https://auth.openai.com/oauth/revoke",
      scopes: ["openid", "profile", "email", "offline_access"],
      redirect: { host: "localhost", port: [1455, 1457], path: "/auth/callback" },
      authorize: {
        params: {
          id_token_add_organizations: "true",
          codex_cli_simplified_flow: "true",
          originator: "{app}",
        },
      },
      revoke: { body: "json" },
      id_token: { validation: "tls" },
    });
    expect(openai.jwks_uri).toBeUndefined();
    expect(openai.notice).toContain("terms");
    expect(openai.refresh).toMatchObject({ body: "json", omit: ["scope"] });
    expect(credentialOrigins(openai)).toEqual(["https://auth.openai.com"]);
  });

  test("google asks for offline access and consent, and ships no client", async () => {
    await using opened = await registryOf({});
    const google = opened.registry.resolve("google", {});
    expect(google.authorize?.params).toEqual({ access_type: "offline", prompt: "consent" });
    expect(google).toMatchObject({
      client_secret_use: "not_confidential",
      register_url: "https://console.cloud.google.com/apis/credentials",
      redirect: { host: "127.0.0.1", port: "any", path: "/" },
      token_endpoint: "https://oauth2.googleapis.com/token",
    });
    expect(google.client_id).toBeUndefined();
    expect(google.device?.request?.response?.map?.["verification_uri"]).toEqual([
      "/verification_url",
      "/verification_uri",
    ]);
  });

  test("github names the issuer it answers with, and goes nowhere else for an enterprise host", async () => {
    await using opened = await registryOf({});
    expect(opened.registry.resolve("github", {})).toMatchObject({
      issuer: "https://github.com/login/oauth",
      discovery: "off",
    });
    const enterprise = opened.registry.resolve("github", { set: { host: "corp.ghe.com" } });
    expect(credentialOrigins(enterprise)).toEqual(["https://api.corp.ghe.com", "https://corp.ghe.com"]);
  });

  test("microsoft expects the issuer of the person's own directory", async () => {
    await using opened = await registryOf({});
    const microsoft = opened.registry.resolve("microsoft", { set: { tenant: "contoso.com" } });
    expect(microsoft.id_token?.issuer).toBe("https://login.microsoftonline.com/{claims.tid}/v2.0");
    expect(microsoft.token_endpoint).toBe("https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token");
    expect(microsoft.authorize?.params?.["prompt"]).toBeUndefined();
  });

  test("microsoft keeps a client of the user's for any tenant, all of them being one origin", async () => {
    await using opened = await registryOf({ user: providers({ microsoft: { client_id: "mine" } }) });
    expect(opened.registry.resolve("microsoft", { set: { tenant: "contoso.com" } }).client_id).toBe("mine");
  });

  test("unsplash gets its scopes with a plus between them, not percent-encoded", async () => {
    await using opened = await registryOf({});
    const unsplash = opened.registry.resolve("unsplash", { clientId: "c", scopes: ["public", "read_user"] });
    const { url } = await begin(unsplash, {
      label: "default",
      state: "s",
      redirectUri: "http://127.0.0.1:8976/callback",
      scope: unsplash.scopes,
      expiresAt: new Date(),
      choices: {},
      client: { authMethod: "none", origins: [] },
    });
    expect(url).toContain("scope=public+read_user");
  });
});
