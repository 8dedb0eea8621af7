/**
 * Reading answers in whatever shape providers give them.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { Unavailable } from "../../src/errors.ts";
import { type RawAnswer, rawAnswer, readAnswer } from "../../src/oauth/provider_answer.ts";
import type { Step } from "../../src/registry/schema.ts";

function raw(body: unknown, status = 200, more: Partial<RawAnswer> = {}): RawAnswer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, contentType: "application/json", text, ...more };
}

describe("success is read", () => {
  const cases: readonly (readonly [
    what: string,
    answer: RawAnswer,
    shape: Step["response"],
    fields: object,
  ])[] = [
    ["from JSON", raw({ access_token: "a", extra: 1 }), undefined, { access_token: "a", extra: 1 }],
    ["from 201 and 204", raw("", 204), undefined, {}],
    [
      "from JSON that calls itself a page",
      raw({ a: "b" }, 201, { contentType: "text/html; charset=utf-8" }),
      undefined,
      { a: "b" },
    ],
    ["from a form", raw("access_token=a%20b&scope=x%2Cy"), undefined, { access_token: "a b", scope: "x,y" }],
    [
      "from nested places",
      raw({ data: { token: "t", n: { id: 7 } } }),
      { map: { access_token: "/data/token", subject: "/data/n/id" } },
      { access_token: "t", subject: 7 },
    ],
    [
      "from the first place that has something",
      raw({ a: "", b: null, c: "third" }),
      { map: { x: ["/a", "/b", "/c"] } },
      { x: "third" },
    ],
    ["from a list at the top", raw([{ id: "first" }]), { map: { subject: "/0/id" } }, { subject: "first" }],
    [
      "from names with slashes and tildes",
      raw({ "https://a/b": { "c~d": "v" } }),
      { map: { x: "/https:~1~1a~1b/c~0d" } },
      { x: "v" },
    ],
  ];
  test.each(cases)("%s", (_what, answer, shape, fields) => {
    const read = readAnswer(answer, shape, []);
    expect(read).toMatchObject({ ok: true, fields });
  });

  test("and values are kept as text, absent ones left out", () => {
    const shape = { keep: { realm: "/realm", flag: "/flag", gone: "/gone", object: "/object" } };
    const read = readAnswer(raw({ realm: 7, flag: false, object: {} }), shape, []);
    expect(read).toMatchObject({ ok: true, kept: { realm: "7", flag: "false" } });
  });

  test("a pointer never reaches what every object inherits", () => {
    const read = readAnswer(raw({}), { map: { x: "/constructor/name", y: "/__proto__" } }, []);
    expect(read).toEqual({ ok: true, fields: {}, kept: {} });
  });
});

describe("errors are read", () => {
  const ok: Step["response"] = { error: { at: "/ok", unless: true, code: "/error" } };
  const cases: readonly (readonly [
    what: string,
    answer: RawAnswer,
    shape: Step["response"],
    error: string,
    said: string | undefined,
  ])[] = [
    [
      "as RFC 6749 writes them",
      raw({ error: "invalid_grant", error_description: "too old" }, 400),
      undefined,
      "invalid_grant",
      "too old",
    ],
    [
      "with 200 and `error`",
      raw({ error: "bad_verification_code" }),
      undefined,
      "bad_verification_code",
      undefined,
    ],
    [
      "from a form with 200",
      raw("error=bad_verification_code&error_description=no"),
      undefined,
      "bad_verification_code",
      "no",
    ],
    ["with 200 and `ok: false`", raw({ ok: false, error: "invalid_code" }), ok, "invalid_code", undefined],
    ["with 200 and no `ok` at all", raw({ error: "invalid_code" }), ok, "invalid_code", undefined],
    [
      "with a number that is not 0",
      raw({ errcode: 40029, errmsg: "invalid code" }),
      { error: { at: "/errcode", message: "/errmsg" } },
      "40029",
      "invalid code",
    ],
    [
      "nested, by code",
      raw({ error: { code: "refresh_token_reused", message: "again" } }, 401),
      undefined,
      "refresh_token_reused",
      "again",
    ],
    [
      "nested, by type",
      raw({ error: { type: "OAuthException", message: "bad" } }, 400),
      undefined,
      "OAuthException",
      "bad",
    ],
    [
      "nested, by status",
      raw({ error: { status: "UNAUTHENTICATED" } }, 401),
      undefined,
      "UNAUTHENTICATED",
      undefined,
    ],
    ["where there is nothing but a status", raw("<html>no</html>", 403), undefined, "http_403", undefined],
    [
      "mapped by their code",
      raw({ error: { code: "refresh_token_reused" } }, 401),
      { error: { as: { refresh_token_reused: "invalid_grant" } } },
      "invalid_grant",
      undefined,
    ],
    [
      "mapped by their status",
      raw("", 403),
      { error: { as: { "403": "authorization_pending" } } },
      "authorization_pending",
      undefined,
    ],
    [
      "mapped by their code before their status",
      raw({ error: "x" }, 403),
      { error: { as: { "403": "authorization_pending", x: "access_denied" } } },
      "access_denied",
      undefined,
    ],
    [
      "with 200, never mapped by the 200",
      raw({ error: "x" }),
      { error: { as: { "200": "invalid_grant" } } },
      "x",
      undefined,
    ],
    [
      "mapped though the status says: not now",
      raw({ error: "x" }, 500),
      { error: { as: { x: "invalid_grant" } } },
      "invalid_grant",
      undefined,
    ],
  ];
  test.each(cases)("%s", (...[_what, answer, shape, error, description]) => {
    expect(readAnswer(answer, shape, [])).toEqual({ ok: false, error, description, status: answer.status });
  });

  test("a number of 0 that says success is no error", () => {
    expect(readAnswer(raw({ errcode: 0, a: "b" }), { error: { at: "/errcode" } }, [])).toMatchObject({
      ok: true,
    });
  });

  test.each([false, 0, "", null, {}, [[]], "false", "0"])(
    "unless `error` is %p, which says that there is none",
    (error) => {
      expect(readAnswer(raw({ error, access_token: "a" }), undefined, [])).toMatchObject({ ok: true });
      const refused = readAnswer(raw({ error, error_code: "invalid_grant" }, 400), undefined, []);
      expect(refused).toMatchObject({ ok: false, error: "invalid_grant" });
    },
  );

  test.each(["error=0", "error=false", "error="])("unless a form says %s", (error) => {
    expect(readAnswer(raw(`access_token=a&${error}`), undefined, [])).toMatchObject({ ok: true });
  });

  test("though `error` is only true: another field has the code", () => {
    const read = readAnswer(raw({ error: true, code: "invalid_grant" }), undefined, []);
    expect(read).toMatchObject({ ok: false, error: "invalid_grant" });
  });

  test("without the secrets that were sent, whole or cut", () => {
    const secret = "secret-of-the-request".repeat(30);
    const answer = raw(
      { error: `bad ${secret}`, error_description: `${secret} and ${secret} are no good` },
      400,
    );
    const read = readAnswer(answer, undefined, [undefined, "go", secret]);
    expect(read).toMatchObject({ error: "bad …", description: "… and … are no good" });
  });

  test("without hostile characters, and short (STANDARDS 78)", () => {
    const answer = raw({ error: "a\u001b[31m\u202eb", error_description: "x\u200b\r\ny".repeat(500) }, 400);
    const read = readAnswer(answer, undefined, []);
    expect(read).toMatchObject({ ok: false, error: "a[31mb" });
    expect(JSON.stringify(read)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.stringify(read).length).toBeLessThan(500);
  });
});

describe("`not now` is no verdict", () => {
  const cases: readonly (readonly [status: number, sent: boolean, code: string])[] = [
    [408, false, "provider_unavailable"],
    [425, false, "provider_unavailable"],
    [429, false, "rate_limited"],
    [503, false, "provider_unavailable"],
    [500, true, "provider_unavailable"],
    [502, true, "provider_unavailable"],
    [504, true, "provider_unavailable"],
  ];
  test.each(cases)("%d: Unavailable, acted upon perhaps: %p", (status, sent, code) => {
    try {
      readAnswer(raw({ error: "invalid_grant" }, status), undefined, []);
      expect.unreachable();
    } catch (failure) {
      expect(failure).toBeInstanceOf(Unavailable);
      expect(failure).toMatchObject({ sent, code, exitStatus: 3 });
    }
  });

  test.each([
    ["temporarily_unavailable", false],
    ["server_error", true],
  ])("the code %s with 400 or 200: Unavailable, acted upon perhaps: %p", (error, sent) => {
    for (const status of [400, 200]) {
      expect(() => readAnswer(raw({ error }, status), undefined, [])).toThrow(
        expect.objectContaining({ exitStatus: 3, sent, message: expect.stringContaining(error) }),
      );
    }
  });

  test("a code that the entry maps to temporarily_unavailable is no verdict either", () => {
    const shape = { error: { at: "/errcode", as: { "20050": "temporarily_unavailable" } } };
    expect(() => readAnswer(raw({ errcode: 20050 }), shape, [])).toThrow(
      expect.objectContaining({ exitStatus: 3 }),
    );
  });

  test("and says how long to wait where the provider does", () => {
    const headers = new Headers({ "retry-after": "7", "content-type": "text/plain" });
    const answer = rawAnswer({ status: 429, headers, text: "" });
    expect(answer).toEqual({ status: 429, contentType: "text/plain", text: "", retryAfterSeconds: 7 });
    expect(() => readAnswer(answer, undefined, [])).toThrow(
      expect.objectContaining({ retryAfterSeconds: 7 }),
    );
  });

  test("a Retry-After may be a date", () => {
    const headers = new Headers({
      "retry-after": "Sun, 06 Nov 1994 08:49:40 GMT",
      date: "Sun, 06 Nov 1994 08:49:37 GMT",
    });
    expect(rawAnswer({ status: 503, headers, text: "" })).toMatchObject({ retryAfterSeconds: 3 });
  });

  test("a Retry-After that is neither a number nor a date is left out", () => {
    const headers = new Headers({ "retry-after": "soon" });
    expect(rawAnswer({ status: 429, headers, text: "" })).not.toHaveProperty("retryAfterSeconds");
  });
});
