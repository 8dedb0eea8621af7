/**
 * What the files say of a provider goes to another machine whole, without secrets, and without what is there anyway.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { providers, registryOf } from "./files.ts";

test("wordsOf() has the files' entries of the provider and of those it extends, without what is built in", async () => {
  await using opened = await registryOf({
    system: providers({ base: { extends: "google", scopes: ["openid"] } }),
    user: providers({ acme: { extends: "base", client_id: "mine" }, other: { client_id: "unasked" } }),
  });
  expect(opened.registry.wordsOf("acme")).toEqual({
    base: { extends: "google", scopes: ["openid"] },
    acme: { extends: "base", client_id: "mine" },
  });
  expect(opened.registry.wordsOf("google")).toEqual({});
  expect(opened.registry.wordsOf("unknown")).toEqual({});
});

test("wordsOf() lays files over one another, and keeps the nulls that delete below", async () => {
  await using opened = await registryOf({
    system: providers({ google: { authorize: { params: { prompt: "none" } }, scopes: ["openid"] } }),
    user: providers({ google: { authorize: { params: { access_type: null } } } }),
  });
  expect(opened.registry.wordsOf("google")).toEqual({
    google: { authorize: { params: { prompt: "none", access_type: null } }, scopes: ["openid"] },
  });
});

test("wordsOf() gives no client secret, wherever it is, and no fixed secret of a request", async () => {
  await using opened = await registryOf({
    user: providers({
      acme: {
        issuer: "https://id.acme.example",
        client_secret: { command: ["pass", "hush"] },
        token_endpoint: "https://id.acme.example/token?api_key=hush&v=2",
        token: { headers: { "x-api-key": "hush", accept: "application/json" } },
      },
    }),
  });
  expect(opened.registry.wordsOf("acme")).toEqual({
    acme: {
      issuer: "https://id.acme.example",
      token_endpoint: "https://id.acme.example/token?api_key=***&v=2",
      token: { headers: { "x-api-key": "***", accept: "application/json" } },
    },
  });
});
