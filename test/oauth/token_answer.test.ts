/**
 * What every token endpoint gets wrong somewhere, made right.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { canonicalTokenAnswer } from "../../src/oauth/token_answer.ts";
import type { Step } from "../../src/registry/schema.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

async function canonical(body: unknown, shape?: Step["response"], status = 200) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = canonicalTokenAnswer({ status, contentType: "text/html", text }, shape, NOW, []);
  return { ...answer, body: (await answer.response.clone().json()) as Record<string, unknown> };
}

describe("expires_in (STANDARDS 63)", () => {
  const cases: readonly (readonly [
    what: string,
    value: unknown,
    shape: Step["response"],
    seconds: number | undefined,
  ])[] = [
    ["a number", 3600, undefined, 3600],
    ["a text", "3600", undefined, 3600],
    ["zero", 0, undefined, 0],
    ["absent", undefined, undefined, undefined],
    ["null", null, undefined, undefined],
    ["empty", "", undefined, undefined],
    ["nonsense", "soon", undefined, undefined],
    ["negative", -5, undefined, undefined],
    ["an object", {}, undefined, undefined],
    ["true", true, undefined, undefined],
    ["for ever, as a 64-bit number", "9223372036854775807", undefined, undefined],
    ["infinite", "1e999", undefined, undefined],
    ["absent, with a default", undefined, { default_expires_in: 900 }, 900],
    ["nonsense, with a default", "soon", { default_expires_in: 900 }, 900],
    ["given, beside a default", 60, { default_expires_in: 900 }, 60],
    ["in milliseconds", 90_500, { expires: "milliseconds" }, 90],
    ["at an epoch second", NOW.getTime() / 1000 + 120, { expires: "epoch" }, 120],
    ["at an epoch second as text", String(NOW.getTime() / 1000 + 120), { expires: "epoch" }, 120],
    ["at an ISO time", "2026-01-01T01:00:00Z", { expires: "iso" }, 3600],
    ["at an ISO time with an offset", "2026-01-01T02:00:00+01:00", { expires: "iso" }, 3600],
    ["at no time", "tomorrow", { expires: "iso" }, undefined],
    ["at an epoch second that is over", NOW.getTime() / 1000 - 5, { expires: "epoch" }, 0],
    [
      "at an ISO time that is over, beside a default",
      "2025-12-31T23:59:59Z",
      { expires: "iso", default_expires_in: 900 },
      0,
    ],
    ["at epoch second 0, which stands for never", 0, { expires: "epoch" }, undefined],
    ["at the year 1, which stands for never", "0001-01-01T00:00:00Z", { expires: "iso" }, undefined],
    ["elsewhere", undefined, { map: { expires_in: "/life" } }, 77],
  ];
  test.each(cases)("%s", async (_what, value, shape, seconds) => {
    const { body } = await canonical({ access_token: "a", expires_in: value, life: 77 }, shape);
    expect(body["expires_in"]).toBe(seconds as never);
  });
});

test.each(["epoch", "iso"] as const)(
  "%s is compared with the provider's own clock where it tells the time",
  async (expires) => {
    const sentAt = NOW.getTime() + 900_000; // this machine is a quarter of an hour late
    const end = sentAt + 60_000;
    const value = expires === "epoch" ? end / 1000 : new Date(end).toISOString();
    const raw = { status: 200, contentType: "", text: JSON.stringify({ expires_in: value }), sentAt };
    const { response } = canonicalTokenAnswer(raw, { expires }, NOW, []);
    expect(await response.json()).toMatchObject({ expires_in: 60 });
  },
);

describe("token_type (STANDARDS 63)", () => {
  const cases = [
    [undefined, "bearer"],
    [null, "bearer"],
    ["", "bearer"],
    ["Bearer", "bearer"],
    ["BEARER", "bearer"],
    ["user", "bearer"],
    [7, "bearer"],
    ["DPoP", "dpop"],
  ] as const;
  test.each(cases)("%p is %s", async (value, type) => {
    expect((await canonical({ access_token: "a", token_type: value })).body["token_type"]).toBe(type);
  });
});

describe("scope", () => {
  const cases = [
    ["a b", "a b"],
    ["a,b", "a b"],
    [["a", "b"], "a b"],
    [[], undefined],
    ["", undefined],
    [null, undefined],
    [7, undefined],
    ["https://example.com/a,b c", "https://example.com/a,b c"],
  ] as const;
  test.each(cases)("%p is %p", async (value, scope) => {
    expect((await canonical({ access_token: "a", scope: value })).body["scope"]).toBe(scope as never);
  });
});

test("null and empty text count as absent, unknown fields are left out but known to identity", async () => {
  const given = { access_token: "a", refresh_token: null, id_token: "", scope: null, user: { id: 1 } };
  const { body, fields } = await canonical(given);
  expect(body).toEqual({ access_token: "a", token_type: "bearer" });
  expect(fields).toMatchObject({ user: { id: 1 } });
});

test("a form with 201 and nested tokens end as the same canonical answer", async () => {
  const form = await canonical("access_token=a&refresh_token=r&expires_in=60", undefined, 201);
  const map = { access_token: "/data/at", refresh_token: "/data/rt", expires_in: "/data/exp" };
  const nested = await canonical({ data: { at: "a", rt: "r", exp: "60" } }, { map });
  for (const { response, body } of [form, nested]) {
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(body).toEqual({ access_token: "a", refresh_token: "r", expires_in: 60, token_type: "bearer" });
  }
});

test("an error is 400 with its code, whatever it came with, and holds no field", async () => {
  const { response, body, fields, kept } = await canonical(
    { error: "invalid_grant", secret: "x" },
    { keep: { s: "/secret" } },
    401,
  );
  expect(response.status).toBe(400);
  expect(body).toEqual({ error: "invalid_grant" });
  expect({ fields, kept }).toEqual({ fields: {}, kept: {} });
});
