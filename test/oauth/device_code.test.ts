/**
 * Asking for a device code (RFC 8628 section 3.1).
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { requestDeviceCode } from "../../src/oauth/device_code.ts";
import type { Entry } from "../../src/registry/schema.ts";
import { contextFor, failureOf, providerAt, serve, type TestServer } from "./fixtures.ts";

const ANSWER = {
  device_code: "device-secret",
  user_code: "ABCD-EFGH",
  verification_uri: "https://id.example/device",
  expires_in: 600,
  interval: 7,
};

let server: TestServer;
let said: { body: unknown; status: number };
beforeAll(() => void (server = serve(() => new Response())));
beforeEach(() => {
  server.seen.splice(0);
  server.answer = () => Response.json(said.body, { status: said.status });
  said = { body: ANSWER, status: 200 };
});
afterAll(() => server[Symbol.asyncDispose]());

function contextOf(entry: Entry = {}, secret?: string) {
  const endpoint = { device_authorization_endpoint: `${server.origin}/device` };
  const provider = providerAt(server.origin, { ...endpoint, scopes: ["a", "b"], ...entry });
  return contextFor(provider, secret === undefined ? {} : { secret });
}

function ask(answer: object = {}, entry: Entry = {}) {
  said = { ...said, body: { ...ANSWER, ...answer } };
  return requestDeviceCode(contextOf(entry));
}

test("client and scope are sent, and the code comes back whole", async () => {
  expect(await ask({ verification_uri_complete: "https://id.example/device?c=1" })).toMatchObject({
    userCode: "ABCD-EFGH",
    verificationUri: "https://id.example/device",
    verificationUriComplete: "https://id.example/device?c=1",
    lifetimeSeconds: 600,
    intervalSeconds: 7,
    fields: { device_code: "device-secret" },
    scope: ["a", "b"],
  });
  expect(server.seen[0]?.form).toEqual({ client_id: "client", scope: "a b" });
});

test("the entry's device scopes replace the usual ones", async () => {
  expect(await ask({}, { device: { scopes: ["tv"] } })).toMatchObject({ scope: ["tv"] });
  expect(server.seen[0]?.form).toMatchObject({ scope: "tv" });
});

test("a client with a secret authenticates", async () => {
  await requestDeviceCode(contextOf({}, "s3cret"));
  expect(server.seen[0]?.headers.get("authorization")).toBe(`Basic ${btoa("client:s3cret")}`);
});

describe("tolerated:", () => {
  const cases: readonly (readonly [what: string, answer: object, expected: object])[] = [
    ["no interval is 5 seconds (STANDARDS 23)", { interval: undefined }, { intervalSeconds: 5 }],
    ["an interval of 0 is 5 seconds", { interval: 0 }, { intervalSeconds: 5 }],
    ["an interval as text", { interval: "3" }, { intervalSeconds: 3 }],
    ["an interval below a second is a second", { interval: 0.001 }, { intervalSeconds: 1 }],
    ["an interval that is nonsense is 5 seconds", { interval: "often" }, { intervalSeconds: 5 }],
    ["a lifetime as text", { expires_in: "60" }, { lifetimeSeconds: 60 }],
    ["no lifetime is 15 minutes", { expires_in: undefined }, { lifetimeSeconds: 900 }],
    ["a lifetime beyond reason is a day", { expires_in: 1e300 }, { lifetimeSeconds: 86_400 }],
    [
      "verification_url",
      { verification_uri: undefined, verification_url: "https://g.example/d" },
      { verificationUri: "https://g.example/d" },
    ],
    ["more fields", { message: "hello", n: 1, o: {} }, { userCode: "ABCD-EFGH" }],
  ];
  test.each(cases)("%s", async (_what, answer, expected) => {
    expect(await ask(answer)).toMatchObject(expected);
  });
});

test("the entry says what the answer leaves out", async () => {
  const device = { verification_uri: "https://id.example/codex", expires_in: 120 };
  const answer = { verification_uri: undefined, expires_in: undefined };
  expect(await ask(answer, { device })).toMatchObject({
    verificationUri: "https://id.example/codex",
    lifetimeSeconds: 120,
  });
});

test("a user code loses hostile characters (STANDARDS 78)", async () => {
  expect(await ask({ user_code: "AB\u001b[2JCD\u202e" })).toMatchObject({ userCode: "AB[2JCD" });
});

test.each(["javascript:alert(1)", "file:///etc/passwd", "not an address", "//id.example"])(
  "the address %s is not shown",
  async (address) => {
    expect(await failureOf(() => ask({ verification_uri: address }))).toMatchObject({
      code: "invalid_answer",
    });
    expect(await failureOf(() => ask({ verification_uri_complete: address }))).toMatchObject({
      code: "invalid_answer",
    });
  },
);

describe("refused:", () => {
  test("no user code, or no address", async () => {
    for (const answer of [{ user_code: undefined }, { verification_uri: "" }]) {
      expect(await failureOf(() => ask(answer))).toMatchObject({ code: "invalid_answer" });
    }
  });

  test("an error keeps its code and says another way", async () => {
    said = { body: { error: "unauthorized_client", error_description: "no devices" }, status: 400 };
    const failure = await failureOf(() => requestDeviceCode(contextOf()));
    expect(failure).toMatchObject({
      code: "unauthorized_client",
      hint: expect.stringContaining("--method paste"),
    });
    expect(failure.message).toContain("no devices");
  });

  test("an error that repeats the request is said without the client's secret", async () => {
    for (const method of ["client_secret_post", "client_secret_basic"] as const) {
      server.answer = ({ headers, text }) =>
        Response.json(
          {
            error: "invalid_request",
            error_description: `got ${text} ${headers.get("authorization") ?? ""}`,
          },
          { status: 400 },
        );
      const { message } = await failureOf(() =>
        requestDeviceCode(contextOf({ token_endpoint_auth_methods_supported: [method] }, "s3cret/of+nobody")),
      );
      expect(message).toMatch(/client_secret=…|Basic …/);
      expect(message).not.toMatch(/s3cret|nobody|Basic [A-Za-z0-9]/);
    }
  });

  test("a status that means: switched off", async () => {
    said = { body: { detail: "Not Found" }, status: 404 };
    const failure = await failureOf(() =>
      requestDeviceCode(contextOf({ device: { disabled_status: [404] } })),
    );
    expect(failure).toMatchObject({
      code: "device_disabled",
      hint: expect.stringContaining("--method paste"),
    });
  });

  test("a provider that cannot answer now", async () => {
    said = { body: {}, status: 503 };
    expect(await failureOf(() => requestDeviceCode(contextOf()))).toMatchObject({ exitStatus: 3 });
  });

  test("a provider without the flow, before anything is sent", async () => {
    const context = contextFor(providerAt(server.origin));
    expect(await failureOf(() => requestDeviceCode(context))).toMatchObject({ code: "no_device_flow" });
    expect(server.seen).toEqual([]);
  });
});
