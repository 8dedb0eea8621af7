/**
 * The pages that a browser shows.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { FRAGMENT_SCRIPT, fragmentPage } from "../../src/login/fragment_page.ts";
import { donePage, strayPage } from "../../src/login/page.ts";
import { hashSource, pageHeaders } from "../../src/login/page_headers.ts";

const success = { ok: true, who: "ada@example.com", account: "acme/work" } as const;
const pages = [
  donePage("Acme", success),
  donePage("Acme", { ok: false, reason: "The code was used before", hint: "keyfob login acme" }),
  strayPage("Acme"),
  fragmentPage("Acme"),
];

function inline(page: string, tag: "style" | "script"): string | undefined {
  return new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1];
}

test("success says the provider, who, the account, and what to do next", () => {
  const page = donePage("Acme", success);
  for (const text of ["You are logged in to Acme", "ada@example.com", "acme/work"])
    expect(page).toContain(text);
  expect(page).toContain("You can close this tab and return to the terminal");
});

test("success names nobody where nobody is known", () => {
  expect(donePage("Acme", { ...success, who: null })).not.toContain("Signed in as");
});

test("failure says the reason and what to do", () => {
  const page = donePage("Acme", { ok: false, reason: "The code was used before", hint: "keyfob login acme" });
  expect(page).toContain("The login to Acme did not work");
  expect(page).toContain("The code was used before");
  expect(page).toContain("What to do: keyfob login acme");
  expect(page).toContain('role="alert"');
});

test("the policy allows exactly the inline style and script (STANDARDS 73)", () => {
  for (const page of pages) {
    const script = inline(page, "script");
    const policy = pageHeaders(script)["Content-Security-Policy"] ?? "";
    const hash = new Bun.CryptoHasher("sha256").update(inline(page, "style") ?? "").digest("base64");
    expect(policy).toContain(`style-src 'sha256-${hash}'`);
    expect(policy.includes("script-src")).toBe(script !== undefined);
    expect(page).not.toMatch(/ style=| on\w+=/);
  }
  expect(inline(fragmentPage("Acme"), "script")).toBe(FRAGMENT_SCRIPT);
  expect(pageHeaders(FRAGMENT_SCRIPT)["Content-Security-Policy"]).toContain(
    `script-src ${hashSource(FRAGMENT_SCRIPT)}`,
  );
});

test("no page asks for anything elsewhere", () => {
  for (const page of pages) {
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(page).not.toMatch(/@import|url\(/);
  }
});

test("every page is whole, in English, and fits a phone", () => {
  for (const page of pages) {
    expect(page).toStartWith('<!doctype html>\n<html lang="en">');
    expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(page).toMatch(/<title>[^<]+<\/title>/);
    expect(page).toMatch(/role="(?:status|alert)"/);
    expect(page).toContain("prefers-color-scheme: dark");
  }
});

test("hostile names are escaped and made harmless (STANDARDS 78)", () => {
  const hostile = `<script>alert(1)</script>"'&\u202e\u200b\u0007`;
  const written = [
    donePage(hostile, { ok: true, who: hostile, account: hostile }),
    donePage(hostile, { ok: false, reason: hostile, hint: hostile }),
    strayPage(hostile),
  ];
  for (const page of written) {
    expect(page).not.toContain("<script>");
    expect(page).toContain("&#60;script&#62;");
    // oxlint-disable-next-line no-control-regex -- these must be absent
    expect(page).not.toMatch(/[\u202e\u200b\u0007]/);
  }
});

test("text and ground contrast by 4.5 to 1 at least, light and dark (WCAG 1.4.3)", () => {
  const style = inline(pages[0] ?? "", "style") ?? "";
  const [light, dark] = style.split("prefers-color-scheme: dark");
  for (const theme of [light, dark]) {
    for (const [text, ground] of [
      ["ink", "card"],
      ["soft", "card"],
      ["good", "good-ground"],
      ["bad", "bad-ground"],
    ]) {
      expect(contrast(colour(theme, text), colour(theme, ground))).toBeGreaterThan(4.5);
    }
  }
});

function colour(theme = "", name = ""): string {
  return new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(theme)?.[1] ?? "";
}

function contrast(one: string, two: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(two)].toSorted((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = Number.parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
