/**
 * Finding the issuer behind an address, at a real server on loopback.
 *
 * @module
 */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { addressIn, findProvider } from "../../src/accounts/provider_discovery.ts";
import { Failed } from "../../src/errors.ts";
import { createGuardedFetch, type GuardedFetch } from "../../src/guarded_fetch.ts";

let documents: Record<string, object> = {};
let asked: string[] = [];

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const document = documents[pathname];
    return document === undefined ? new Response("<html>", { status: 404 }) : Response.json(document);
  },
});
const origin = `http://127.0.0.1:${server.port}`;

function metadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${origin}/a`,
    token_endpoint: `${origin}/t`,
    scopes_supported: ["openid", "email", "admin"],
  };
}

beforeEach(() => {
  documents = {};
  asked = [];
});

afterAll(() => server.stop(true));

function find(address: string) {
  return findProvider(new URL(address), createGuardedFetch());
}

describe("findProvider()", () => {
  test("finds the issuer above a page, however deep, and the useful scopes", async () => {
    const issuer = `${origin}/realms/acme`;
    documents["/realms/acme/.well-known/openid-configuration"] = metadata(issuer);
    const found = await find(`${issuer}/protocol/openid-connect/auth?client_id=x#y`);
    expect(found).toEqual({
      issuer,
      scopes: ["openid", "email"],
      endpoints: ["authorization_endpoint", "token_endpoint"],
    });
  });

  test("takes the deepest issuer, not that of the host", async () => {
    documents["/.well-known/openid-configuration"] = metadata(origin);
    documents["/.well-known/oauth-authorization-server/tenant"] = metadata(`${origin}/tenant`);
    expect(await find(`${origin}/tenant/settings`)).toMatchObject({ issuer: `${origin}/tenant` });
    expect(await find(`${origin}/elsewhere`)).toMatchObject({ issuer: origin });
  });

  test("knows from the document whether the issuer ends with a slash", async () => {
    documents["/.well-known/openid-configuration"] = metadata(`${origin}/`);
    expect(await find(`${origin}/dashboard`)).toMatchObject({ issuer: `${origin}/` });
  });

  test.each([
    "/.well-known/openid-configuration",
    "/t/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/t",
  ])("takes the address of the metadata itself: %p", async (path) => {
    const issuer = /\/t(?:\/|$)/.test(path) ? `${origin}/t` : origin;
    documents[path] = metadata(issuer);
    expect(await find(origin + path)).toMatchObject({ issuer });
  });

  test("does not believe a document that speaks for an issuer which does not say the same", async () => {
    documents["/.well-known/openid-configuration"] = metadata(`${origin}/other`);
    expect(await find(origin)).toBeUndefined();
  });

  test("asks a few addresses at most", async () => {
    expect(
      await find(`${origin}/${Array.from({ length: 100 }, (_, index) => index).join("/")}`),
    ).toBeUndefined();
    expect(asked.length).toBeLessThanOrEqual(14);
  });

  test("is not led into this machine by a stranger's document", async () => {
    const fetch: GuardedFetch = async ({ url }) => {
      if (url.hostname !== "stranger.example") throw new Error(`asked ${url.href}`);
      return { status: 200, headers: new Headers(), text: JSON.stringify(metadata("http://127.0.0.1:80/")) };
    };
    expect(await findProvider(new URL("https://stranger.example/"), fetch)).toBeUndefined();
  });

  test("goes on where one address redirects, and stops where the network fails", async () => {
    let calls = 0;
    const redirecting: GuardedFetch = async () => {
      calls += 1;
      throw new Failed("Cannot use it", { code: "endpoint_redirects" });
    };
    expect(await findProvider(new URL("https://a.example/b"), redirecting)).toBeUndefined();
    expect(calls).toBe(4);
    await expect(find("http://127.0.0.1:1/")).rejects.toMatchObject({ exitStatus: 3 });
  });
});

describe("addressIn()", () => {
  test.each([
    ["id.acme.example", "https://id.acme.example/"],
    [" https://id.acme.example/x ", "https://id.acme.example/x"],
    ["id.acme.example:8443/realms/x", "https://id.acme.example:8443/realms/x"],
    ["http://localhost:8080", "http://localhost:8080/"],
    ["http://[::1]:8080/", "http://[::1]:8080/"],
  ])("understands %p", (text, address) => {
    expect(addressIn(text).href).toBe(address);
  });

  test.each([
    "",
    "acme",
    "http://id.acme.example",
    "ftp://a.example",
    "javascript:alert(1)",
    "file:///etc/passwd",
  ])("refuses %p", (text) => {
    expect(() => addressIn(text)).toThrow(/Cannot use .* as an address/);
  });
});
