/**
 * Request blocks: what the entry's deviations make of a standard request.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { buildRequest, rewriteParameters, type StepRequest } from "../../src/oauth/step.ts";
import type { Step } from "../../src/registry/schema.ts";

const STANDARD = { grant_type: "refresh_token", refresh_token: "old", client_id: "client" };
const VALUES = {
  refresh_token: "old",
  client_id: "client",
  scope: "a b",
  "kept.realm": "r 1",
  app: "keyfob",
};

function build(step: Step | undefined, more: Partial<StepRequest> = {}) {
  return buildRequest({
    step,
    endpoint: "https://id.example/token?v=2",
    parameters: STANDARD,
    values: VALUES,
    hosts: {},
    ...more,
  });
}

describe("parameters", () => {
  const cases: readonly (readonly [what: string, step: Step | undefined, expected: object])[] = [
    ["stay as they are without a block", undefined, STANDARD],
    [
      "are renamed",
      { rename: { client_id: "appid" } },
      { grant_type: "refresh_token", refresh_token: "old", appid: "client" },
    ],
    ["are left out", { omit: ["grant_type", "client_id"] }, { refresh_token: "old" }],
    [
      "are left out by their standard name, also where renamed",
      { omit: ["client_id"], rename: { client_id: "appid" } },
      { grant_type: "refresh_token", refresh_token: "old" },
    ],
    ["are replaced", { params: { grant_type: "other" } }, { ...STANDARD, grant_type: "other" }],
    ["are removed by null", { params: { grant_type: null } }, { refresh_token: "old", client_id: "client" }],
    [
      "are removed by what is empty once filled in",
      { params: { client_id: "{kept.absent}" } },
      { grant_type: "refresh_token", refresh_token: "old" },
    ],
    ["take placeholders", { params: { realm: "x-{kept.realm}" } }, { ...STANDARD, realm: "x-r 1" }],
    [
      "take placeholders within lists",
      { params: { list: ["{kept.realm}", "{kept.absent}", "b"] } },
      { ...STANDARD, list: ["r 1", "b"] },
    ],
    [
      "keep numbers and booleans",
      { params: { n: 1, yes: true, no: false, zero: 0 } },
      { ...STANDARD, n: 1, yes: true, no: false, zero: 0 },
    ],
  ];
  test.each(cases)("%s", (_what, step, expected) => {
    expect(rewriteParameters(STANDARD, step, VALUES)).toEqual(expected as never);
  });

  test("a placeholder that nobody knows is refused, not sent", () => {
    expect(() => rewriteParameters({}, { params: { a: "{code}" } }, VALUES)).toThrow("{code}");
  });
});

describe("the body", () => {
  const params = { list: ["a", "b"], n: 1, ok: true };

  test("is a form unless the entry says otherwise", () => {
    const { body, headers, method, url } = build({ params });
    expect(method).toBe("POST");
    expect(headers).toMatchObject({
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    });
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      ...STANDARD,
      list: "a b",
      n: "1",
      ok: "true",
    });
    expect(url.href).toBe("https://id.example/token?v=2");
  });

  test("is JSON with its types kept", () => {
    const { body, headers } = build({ body: "json", params });
    expect(headers).toMatchObject({ "content-type": "application/json" });
    expect(JSON.parse(body ?? "")).toEqual({ ...STANDARD, ...params });
  });

  test("is the query where that is declared, beside what the endpoint has", () => {
    const { body, headers, url } = build({ body: "query" });
    expect(body).toBeUndefined();
    expect(headers).not.toHaveProperty("content-type");
    expect(Object.fromEntries(url.searchParams)).toEqual({ v: "2", ...STANDARD });
  });

  test("is empty where that is declared", () => {
    const { body, url, headers } = build({ body: "none", method: "DELETE" });
    expect({ body, query: url.search, type: headers?.["content-type"] }).toEqual({
      body: undefined,
      query: "?v=2",
      type: undefined,
    });
  });

  test("of a GET is the query", () => {
    const { body, method, url } = build({ method: "GET", endpoint: "https://id.example/t" });
    expect({ body, method }).toEqual({ body: undefined, method: "GET" });
    expect(url.searchParams.get("refresh_token")).toBe("old");
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"] as const)(
    "%s: no secret stands in the address unless `query` is declared (STANDARDS 57)",
    (method) => {
      for (const body of ["form", "json", "none"] as const) {
        const { url } = build(
          { method, body },
          { parameters: { ...STANDARD, client_secret: "s3cret", code: "c0de" } },
        );
        expect(url.href).toBe("https://id.example/token?v=2");
      }
    },
  );
});

test("headers are filled in, and replace the usual ones whatever their case", () => {
  const step = {
    headers: { Accept: "text/plain", "X-Realm": "{kept.realm}", AUTHORIZATION: "token {refresh_token}" },
  };
  const { headers } = build(step, { headers: { authorization: "Basic x" } });
  expect(headers).toEqual({
    accept: "text/plain",
    "x-realm": "r 1",
    authorization: "token old",
    "content-type": "application/x-www-form-urlencoded",
  });
});

test("the block's endpoint wins, its values encoded by their place", () => {
  const { url } = build({ endpoint: "https://id.example/{kept.realm}/token", body: "none" });
  expect(url.href).toBe("https://id.example/r%201/token");
});

test("a host from outside is taken from the closed list alone", () => {
  const step: Step = { endpoint: "https://{kept.host}/token" };
  const hosts = { "kept.host": ["eu.example"] };
  expect(build(step, { hosts, values: { "kept.host": "eu.example" } }).url.host).toBe("eu.example");
  expect(() => build(step, { hosts, values: { "kept.host": "evil.example" } })).toThrow(
    "not in the entry's list",
  );
  expect(() => build(step, { hosts: {}, values: { "kept.host": "eu.example" } })).toThrow("no list");
});
