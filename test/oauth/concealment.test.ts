/**
 * Secrets that a provider repeats are hidden, however it spells them.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { createClient } from "../../src/oauth/client.ts";
import { conceal, secretsOf } from "../../src/oauth/concealment.ts";
import { providerAt } from "./fixtures.ts";

const SECRET = 'p/w "of+the client"&=ü~-';

describe("a secret is hidden", () => {
  const spelled: readonly (readonly [how: string, text: string])[] = [
    ["as it is", SECRET],
    ["in a form", new URLSearchParams({ s: SECRET }).toString().slice(2)],
    ["percent-encoded, with %20", encodeURIComponent(SECRET)],
    [
      "percent-encoded in small letters",
      encodeURIComponent(SECRET).replaceAll(/%../g, (hex) => hex.toLowerCase()),
    ],
    ["percent-encoded without exceptions", percentEncoded(SECRET)],
    ["in JSON", JSON.stringify(SECRET).slice(1, -1)],
    ["in JSON of PHP", JSON.stringify(SECRET).slice(1, -1).replaceAll("/", "\\/")],
    ["in HTML", Bun.escapeHTML(SECRET)],
  ];
  test.each(spelled)("%s", (_how, text) => {
    expect(conceal(`bad "${text}", twice ${text}.`, [SECRET])).toBe('bad "…", twice ….');
  });

  test("whole where another one is a part of it", () => {
    expect(conceal("it is secret-and-more", ["secret", "secret-and-more"])).toBe("it is …");
  });

  test("though characters stand in it that nobody would see", () => {
    expect(conceal("it is sec\u200bret-of-\u0000nobody", ["secret-of-nobody"])).toBe("it is …");
  });

  test("but not one so short that words would vanish", () => {
    expect(conceal("no go", ["go", undefined, ""])).toBe("no go");
  });
});

function percentEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`)
    .join("");
}

describe("the secret of a client is hidden", () => {
  const client = createClient(providerAt("https://id.example", { client_id: "cid:1" }), SECRET);
  const form = (text: string): string => new URLSearchParams({ s: text }).toString().slice(2);
  const pairs: readonly (readonly [how: string, pair: string])[] = [
    ["as it is", `cid:1:${SECRET}`],
    ["form-encoded, as RFC 6749 asks", `${form("cid:1")}:${form(SECRET)}`],
  ];
  test.each(pairs)("in an Authorization header, %s", (_how, pair) => {
    const encoded = Buffer.from(pair).toString("base64");
    for (const spelling of [encoded, encoded.replaceAll("=", ""), encodeURIComponent(encoded)]) {
      const said = conceal(`bad header: Basic ${spelling}`, secretsOf(client)) ?? "";
      expect(said).toMatch(/^bad header: Basic …[=%3D]*$/);
    }
  });

  test("and a client without one hides nothing", () => {
    const bare = createClient(providerAt("https://id.example", { empty_secret: true }), undefined);
    expect(secretsOf(bare)).toEqual([]);
  });
});
