/**
 * Finding out what an issuer publishes, and whom it may speak for.
 *
 * @module
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createGuardedFetch } from "../../src/guarded_fetch.ts";
import { discover, fetchKeys, wellKnownAddresses } from "../../src/oauth/discovery.ts";
import { failureOf, serve, type TestServer } from "./fixtures.ts";

const fetch = createGuardedFetch();
const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";
let server: TestServer;
/** Answers by path; everything else is 404 with a page. */
let pages: Record<string, () => Response>;

beforeAll(() => {
  server = serve(
    ({ url }) => pages[url.pathname]?.() ?? new Response("<html>not here</html>", { status: 404 }),
  );
});
beforeEach(() => {
  pages = {};
  server.seen.splice(0);
});
afterAll(() => server[Symbol.asyncDispose]());

function asked(): string[] {
  return server.seen.map(({ url }) => url.pathname);
}

function metadata(issuer: string, more: object = {}): () => Response {
  return () => Response.json({ issuer, token_endpoint: `${server.origin}/token`, ...more });
}

describe("the well-known addresses (STANDARDS 33)", () => {
  const cases: readonly (readonly [issuer: string, inserted: string, appended: string])[] = [
    [
      "https://id.example",
      "https://id.example/.well-known/oauth-authorization-server",
      "https://id.example/.well-known/openid-configuration",
    ],
    [
      "https://id.example/",
      "https://id.example/.well-known/oauth-authorization-server",
      "https://id.example/.well-known/openid-configuration",
    ],
    [
      "https://id.example/a/b",
      "https://id.example/.well-known/oauth-authorization-server/a/b",
      "https://id.example/a/b/.well-known/openid-configuration",
    ],
    [
      "https://id.example:8443/a/",
      "https://id.example:8443/.well-known/oauth-authorization-server/a",
      "https://id.example:8443/a/.well-known/openid-configuration",
    ],
  ];
  test.each(cases)("of %s", (issuer, inserted, appended) => {
    expect(wellKnownAddresses(issuer).map(({ href }) => href)).toEqual([inserted, appended]);
  });
});

test("RFC 8414 is asked first, and its answer is enough (STANDARDS 33)", async () => {
  const issuer = `${server.origin}/realm`;
  pages["/.well-known/oauth-authorization-server/realm"] = metadata(issuer, { x: "8414" });
  pages["/realm/.well-known/openid-configuration"] = metadata(issuer, { x: "oidc" });
  expect(await discover(issuer, fetch)).toMatchObject({ issuer, x: "8414" });
  expect(asked()).toEqual(["/.well-known/oauth-authorization-server/realm"]);
});

const NOT_THERE: readonly (readonly [what: string, answer: () => Response])[] = [
  ["404 with a page", () => new Response("<html>no</html>", { status: 404 })],
  ["200 with a page", () => new Response("<html>welcome</html>")],
  ["a redirect to a front page", () => new Response(null, { status: 302, headers: { location: "/" } })],
  ["a passing failure", () => new Response(null, { status: 500 })],
  ["JSON that is no object", () => Response.json(["x"])],
];

test.each(NOT_THERE)(
  "where it answers with %s, OpenID discovery follows (STANDARDS 33)",
  async (_what, answer) => {
    const issuer = `${server.origin}/realm`;
    pages["/.well-known/oauth-authorization-server/realm"] = answer;
    pages["/realm/.well-known/openid-configuration"] = metadata(issuer);
    expect(await discover(issuer, fetch)).toMatchObject({ issuer });
    expect(asked()).toEqual([
      "/.well-known/oauth-authorization-server/realm",
      "/realm/.well-known/openid-configuration",
    ]);
  },
);

test("no document at all: failed, with what to do", async () => {
  const failure = await failureOf(() => discover(server.origin, fetch));
  expect(failure).toMatchObject({
    code: "no_metadata",
    exitStatus: 1,
    hint: expect.stringContaining("issuer"),
  });
});

test("a server that cannot answer now: for now", async () => {
  const busy = (): Response => new Response(null, { status: 503 });
  pages["/.well-known/oauth-authorization-server"] = busy;
  pages["/.well-known/openid-configuration"] = busy;
  expect(await failureOf(() => discover(server.origin, fetch))).toMatchObject({ exitStatus: 3 });
});

test("a redirect is never followed to another document (STANDARDS 21)", async () => {
  const location = `${server.origin}/evil`;
  pages["/evil"] = metadata(server.origin);
  pages["/.well-known/oauth-authorization-server"] = () =>
    new Response(null, { status: 302, headers: { location } });
  expect(await failureOf(() => discover(server.origin, fetch))).toMatchObject({ code: "no_metadata" });
  expect(asked()).not.toContain("/evil");
});

describe("the document's issuer (STANDARDS 34)", () => {
  const others: readonly (readonly [what: string, change: (issuer: string) => unknown])[] = [
    ["is another", () => "https://evil.example"],
    ["has a slash more", (issuer) => `${issuer}/`],
    ["differs in the path", (issuer) => `${issuer}/realm`],
    ["differs in case", (issuer) => issuer.replace("http", "HTTP")],
    ["is missing", () => undefined],
    ["is no text", () => 7],
  ];
  test.each(others)("%s: refused", async (_what, change) => {
    pages["/.well-known/oauth-authorization-server"] = () => Response.json({ issuer: change(server.origin) });
    const failure = await failureOf(() => discover(server.origin, fetch));
    expect(failure).toMatchObject({ code: "issuer_mismatch", hint: expect.stringContaining("slash") });
  });

  test("with a slash is found where it was asked for with the slash", async () => {
    pages["/.well-known/oauth-authorization-server"] = metadata(`${server.origin}/`);
    expect(await discover(`${server.origin}/`, fetch)).toMatchObject({ issuer: `${server.origin}/` });
  });
});

describe("a declared issuer template (STANDARDS 34)", () => {
  const find = (said: string, issuerTemplate?: string): Promise<unknown> => {
    const issuer = `${server.origin}/common/v2.0`;
    pages["/common/v2.0/.well-known/openid-configuration"] = metadata(said);
    return discover(issuer, fetch, { issuerTemplate });
  };
  const template = (): string => `${server.origin}/{claims.tid}/v2.0`;

  test("lets the document say its own placeholder or a GUID; the issuer stays the one asked for", async () => {
    for (const place of ["{tenantid}", TENANT]) {
      expect(await find(`${server.origin}/${place}/v2.0`, template())).toMatchObject({
        issuer: `${server.origin}/common/v2.0`,
      });
    }
  });

  test.each(["evil", "a/b", "..", "{a}/{b}", "x{tenantid}", `${TENANT}/x`])(
    "lets it say nothing else: %s",
    async (place) => {
      expect(await failureOf(() => find(`${server.origin}/${place}/v2.0`, template()))).toMatchObject({
        code: "issuer_mismatch",
      });
    },
  );

  test("of another host is of no use", async () => {
    const other = "https://login.example/{claims.tid}/v2.0";
    expect(await failureOf(() => find(`${server.origin}/{tenantid}/v2.0`, other))).toMatchObject({
      code: "issuer_mismatch",
    });
  });

  test("must be declared", async () => {
    expect(await failureOf(() => find(`${server.origin}/{tenantid}/v2.0`))).toMatchObject({
      code: "issuer_mismatch",
    });
  });

  test("without a placeholder lets nothing through", async () => {
    const plain = `${server.origin}/other/v2.0`;
    expect(await failureOf(() => find(plain, plain))).toMatchObject({ code: "issuer_mismatch" });
  });
});

describe("keys", () => {
  const keysAt = (answer: () => Response): Promise<unknown> => {
    pages["/keys"] = answer;
    return fetchKeys(`${server.origin}/keys`, fetch);
  };

  test("are fetched", async () => {
    expect(await keysAt(() => Response.json({ keys: [{ kty: "RSA" }], more: 1 }))).toEqual({
      keys: [{ kty: "RSA" }],
    });
  });

  test.each([
    () => new Response("no", { status: 404 }),
    () => Response.json({}),
    () => Response.json({ keys: {} }),
    () => new Response("<html>"),
  ])("are not there: failed (%#)", async (answer) => {
    expect(await failureOf(() => keysAt(answer))).toMatchObject({ code: "no_keys", exitStatus: 1 });
  });

  test("cannot be had now: for now", async () => {
    expect(await failureOf(() => keysAt(() => new Response(null, { status: 503 })))).toMatchObject({
      exitStatus: 3,
    });
  });
});
