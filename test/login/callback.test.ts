/**
 * The callback server, asked by real requests on loopback.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import type { CallbackServer } from "../../src/login/callback.ts";
import { get, PATH, startCallback, STATE } from "./callback_fixture.ts";
import { sendRaw } from "./raw_request.ts";

/** Whether the answer is still awaited. */
async function isWaiting(server: CallbackServer): Promise<boolean> {
  return (await Promise.race([server.answer, Bun.sleep(30).then(() => "waiting")])) === "waiting";
}

describe("a successful callback", () => {
  test("resolves with every parameter, once", async () => {
    const server = await startCallback();
    expect(server.redirectUri).toBe(`http://127.0.0.1:${server.port}${PATH}`);
    await get(`${server.redirectUri}?code=one&state=${STATE}&iss=https%3A%2F%2Fid.acme.example&extra=1`);
    await get(`${server.redirectUri}?code=two&state=${STATE}`);
    expect(await server.answer).toEqual({
      via: "callback",
      parameters: { code: "one", state: STATE, iss: "https://id.acme.example", extra: "1" },
      bare: false,
    });
  });

  test("sends the browser on at once, so that the code leaves the address bar (STANDARDS 74)", async () => {
    const server = await startCallback();
    const response = await get(`${server.redirectUri}?code=one&state=${STATE}`);
    expect(response.status).toBe(303);
    expect(response.headers.get("Location")).toMatch(/^\/done\/[\w-]{22}$/);
    expect(await response.text()).toBe("");
  });

  test("sends a double submit to the same page", async () => {
    const server = await startCallback();
    const responses = await Promise.all(
      [1, 2].map(() => get(`${server.redirectUri}?code=one&state=${STATE}`)),
    );
    expect(responses[0]?.headers.get("Location")).toBe(responses[1]?.headers.get("Location") ?? "missing");
  });

  test("shows success only after the exchange, and again on reload (STANDARDS 75)", async () => {
    const server = await startCallback();
    const url = `${server.redirectUri}?code=one&state=${STATE}`;
    let isConcluded = false;
    const pages = [fetch(url), fetch(url)].map(async (page) => {
      const text = await (await page).text();
      return { text, isConcluded };
    });
    await server.answer;
    await Bun.sleep(50);
    isConcluded = true;
    await server.conclude({ ok: true, who: "ada@example.com", account: "acme/default" });
    for (const page of await Promise.all(pages)) {
      expect(page.isConcluded).toBe(true);
      expect(page.text).toContain("ada@example.com");
    }
    await expect(get(url)).rejects.toThrow();
  });

  test("shows failure with its reason and what to do (STANDARDS 75)", async () => {
    const server = await startCallback();
    const page = fetch(`${server.redirectUri}?error=access_denied&state=${STATE}`).then((response) =>
      response.text(),
    );
    expect((await server.answer).parameters).toEqual({ error: "access_denied", state: STATE });
    await server.conclude({ ok: false, reason: "You said no", hint: "keyfob login acme" });
    expect(await page).toContain("You said no");
    expect(await page).toContain("keyfob login acme");
  });

  test("forbids caching, framing, referrers and foreign content everywhere (STANDARDS 73)", async () => {
    const server = await startCallback();
    const redirected = await get(`${server.redirectUri}?code=one&state=${STATE}`);
    const page = fetch(`http://127.0.0.1:${server.port}${redirected.headers.get("Location")}`);
    const others = [
      await get(`http://127.0.0.1:${server.port}/`),
      await get(`${server.redirectUri}?state=no`),
    ];
    await Promise.all([server.conclude({ ok: true, who: null, account: "acme/default" }), page]);
    for (const { headers } of [redirected, await page, ...others]) {
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("X-Frame-Options")).toBe("DENY");
      expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    }
    const policy = (await page).headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(policy).not.toContain("script-src");
  });
});

describe("whatever is not our answer is refused, and the wait goes on (STANDARDS 70)", () => {
  const good = `code=one&state=${STATE}`;
  const cases: [string, string, RequestInit, number][] = [
    ["a wrong state", `${PATH}?code=one&state=${"x".repeat(43)}`, {}, 400],
    ["a missing state", `${PATH}?code=one`, {}, 400],
    ["an error without state", `${PATH}?error=access_denied`, {}, 400],
    ["our state without code", `${PATH}?state=${STATE}`, {}, 400],
    ["an empty code", `${PATH}?code=&state=${STATE}`, {}, 400],
    ["a repeated code", `${PATH}?code=two&${good}`, {}, 400],
    ["a repeated state", `${PATH}?state=x&${good}`, {}, 400],
    ["a token in the answer (STANDARDS 17)", `${PATH}?access_token=t&${good}`, {}, 400],
    ["the icon", "/favicon.ico", {}, 404],
    ["a wrong path", `/other?${good}`, {}, 404],
    ["a longer path", `${PATH}/?${good}`, {}, 404],
    ["a guessed page", "/done/AAAAAAAAAAAAAAAAAAAAAA", {}, 404],
    ["a prefetch", `${PATH}?${good}`, { headers: { "Sec-Purpose": "prefetch;prerender" } }, 404],
    ["HEAD", `${PATH}?${good}`, { method: "HEAD" }, 405],
    ["OPTIONS", `${PATH}?${good}`, { method: "OPTIONS" }, 405],
    [
      "a POST that nobody asked for (STANDARDS 72)",
      PATH,
      { method: "POST", body: new URLSearchParams(good) },
      405,
    ],
    ["another Host (STANDARDS 71)", `${PATH}?${good}`, { headers: { Host: "evil.example" } }, 400],
    ["an address too long (STANDARDS 77)", `${PATH}?${good}&x=${"x".repeat(40_000)}`, {}, 431],
  ];
  test.each(cases)("%s", async (_name, path, init, status) => {
    const server = await startCallback();
    const response = await get(`http://127.0.0.1:${server.port}${path}`, init);
    expect(response.status).toBe(status);
    expect(response.headers.get("Location")).toBeNull();
    expect(await isWaiting(server)).toBe(true);
    await get(`${server.redirectUri}?${good}`);
    expect((await server.answer).parameters["code"]).toBe("one");
  });

  test("a Host with the wrong port, twice, or none (STANDARDS 71)", async () => {
    const server = await startCallback();
    const line = `GET ${PATH}?${good} HTTP/1.1\r\n`;
    for (const head of [
      `${line}Host: 127.0.0.1:1\r\n\r\n`,
      `${line}Host: 127.0.0.1:${server.port}\r\nHost: evil.example\r\n\r\n`,
      `${line}Host: 127.0.0.1:${server.port}.evil.example\r\n\r\n`,
      `${line}\r\n`,
      `GET ${PATH}?${good} HTTP/1.0\r\n\r\n`,
    ]) {
      expect(await sendRaw(server.port, head)).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(await isWaiting(server)).toBe(true);
  });

  test("two hundred strays cost nothing more and do not shut the answer out (STANDARDS 77)", async () => {
    const notes: string[] = [];
    const server = await startCallback({ ignored: (what) => notes.push(what) });
    for (let index = 0; index < 250; index++) await get(`${server.redirectUri}?code=secret&state=wrong`);
    expect((await get(`http://127.0.0.1:${server.port}/`)).status).toBe(429);
    expect(notes).toHaveLength(200);
    expect(notes[0]).toBe(`Ignored GET ${PATH}: its state is not ours`);
    await get(`${server.redirectUri}?${good}`);
    expect((await server.answer).parameters["code"]).toBe("one");
  });
});

describe("form_post", () => {
  test("takes the answer from another site's form", async () => {
    const server = await startCallback({ responseMode: "form_post" });
    const response = await get(server.redirectUri, {
      method: "POST",
      headers: { Origin: "https://id.acme.example", "Sec-Fetch-Site": "cross-site" },
      body: new URLSearchParams({ code: "one", state: STATE }),
    });
    expect(response.status).toBe(303);
    expect((await server.answer).parameters).toEqual({ code: "one", state: STATE });
  });

  test("refuses other content and bodies that do not end (STANDARDS 77)", async () => {
    const server = await startCallback({ responseMode: "form_post" });
    const json = await get(server.redirectUri, {
      method: "POST",
      body: JSON.stringify({ code: "one", state: STATE }),
    });
    expect(json.status).toBe(400);
    const head = `POST ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/x-www-form-urlencoded\r\n`;
    expect(await sendRaw(server.port, `${head}Content-Length: 40000\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `${(40_000).toString(16)}\r\n${"x".repeat(40_000)}\r\n0\r\n\r\n`;
    expect(await sendRaw(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).toMatch(
      /^HTTP\/1\.1 4/,
    );
    expect(await isWaiting(server)).toBe(true);
  });
});

describe("fragment", () => {
  test("serves the page whose script posts the fragment, and takes what it posts", async () => {
    const server = await startCallback({ responseMode: "fragment" });
    const page = await get(server.redirectUri);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("location.hash");
    expect(page.headers.get("Content-Security-Policy")).toMatch(/script-src 'sha256-[\w+/=]+'$/);
    const response = await get(server.redirectUri, {
      method: "POST",
      headers: { Origin: "null", "Sec-Fetch-Site": "same-origin" },
      body: new URLSearchParams({ code: "one", state: STATE }),
    });
    expect(response.status).toBe(303);
    expect((await server.answer).parameters["code"]).toBe("one");
  });

  test("refuses a form of another site, and tokens", async () => {
    const server = await startCallback({ responseMode: "fragment" });
    const body = new URLSearchParams({ code: "one", state: STATE });
    for (const headers of [
      { Origin: "https://evil.example" },
      { Origin: "null", "Sec-Fetch-Site": "cross-site" },
    ]) {
      expect((await get(server.redirectUri, { method: "POST", headers, body })).status).toBe(403);
    }
    body.set("id_token", "t");
    expect((await get(server.redirectUri, { method: "POST", body })).status).toBe(400);
    expect(await isWaiting(server)).toBe(true);
  });

  test("has no such page in the other modes", async () => {
    for (const responseMode of ["query", "form_post"] as const) {
      const server = await startCallback({ responseMode });
      expect((await get(server.redirectUri)).status).toBe(400);
    }
  });
});
