/**
 * Every form in which a person may paste an answer.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { KeyfobError } from "../../src/errors.ts";
import { findState, parsePastedAnswer } from "../../src/login/paste.ts";

const STATE = "aZ0-_bY1cX2dW3eV4fU5gT6hS7iR8jQ9kP0lO1mN2nM";
const CODE = "4/0AX4XfWh-secret_code.123~x";
const redirectUri = "http://localhost:1455/auth/callback";
const expected = { state: STATE, redirectUri, pkce: true };
const QUERY = `code=${encodeURIComponent(CODE)}&state=${STATE}`;
const ADDRESS = `${redirectUri}?${QUERY}`;
const FULL = { via: "paste", parameters: { code: CODE, state: STATE }, bare: false } as const;

function failureOf(text: string, expectation = expected): KeyfobError {
  try {
    parsePastedAnswer(text, expectation);
  } catch (error) {
    if (error instanceof KeyfobError) return error;
  }
  throw new Error(`"${text}" was taken`);
}

/** `text` cut into lines of `width`, as a terminal wraps it. */
function wrapped(text: string, width: number, join: string): string {
  return (text.match(new RegExp(`.{1,${width}}`, "g")) ?? []).join(join);
}

describe("a whole answer is read from", () => {
  const forms: [string, string][] = [
    ["the whole redirect address", ADDRESS],
    ["its query with a question mark", `?${QUERY}`],
    ["its parameters in another order", `state=${STATE}&code=${encodeURIComponent(CODE)}`],
    ["a fragment", `#${QUERY}`],
    ["an address with the answer in the fragment", `${redirectUri}#${QUERY}`],
    ["an address with an empty fragment", `${ADDRESS}#`],
    ["an address with a fragment of the provider's own", `${ADDRESS}#_=_`],
    ["a path and query", `/auth/callback?${QUERY}`],
    ["an address without its scheme", ADDRESS.slice("http://".length)],
    ["an address of 127.0.0.1", ADDRESS.replace("localhost", "127.0.0.1")],
    ["an address of ::1", ADDRESS.replace("localhost", "[::1]")],
    ["an address that became https", ADDRESS.replace("http:", "https:")],
    ["surrounding space", `  \t${ADDRESS}\r\n\n`],
    ["quotes", `"${ADDRESS}"`],
    ["typographic quotes", `“${ADDRESS}”`],
    ["backticks", `\`${ADDRESS}\``],
    ["angle brackets", `<${ADDRESS}>`],
    ["quotes in brackets in space", ` <"${ADDRESS}"> `],
    ["a quotation in a mail", `> ${ADDRESS}`],
    ["a box", `╭────╮\n${wrapped(ADDRESS, 40, "\n").replace(/^(.*)$/gm, "│ $1 │")}\n╰────╯`],
    ["an ASCII box", `+----+\n${wrapped(ADDRESS, 40, "\n").replace(/^(.*)$/gm, "| $1 |")}\n+----+`],
    ["heavy bars", wrapped(ADDRESS, 40, "\n").replace(/^(.*)$/gm, "┃ $1")],
    ["line breaks inside", wrapped(ADDRESS, 30, "\n")],
    ["carriage returns inside", wrapped(ADDRESS, 30, "\r")],
    ["line breaks and indentation inside", wrapped(ADDRESS, 30, "\r\n    ")],
    ["the spaces of wrapping inside", wrapped(ADDRESS, 30, " ")],
    ["bracketed paste marks", `\u001b[200~${ADDRESS}\u001b[201~`],
    ["bracketed paste marks without their escape", `[200~${ADDRESS}[201~`],
    ["colours", `\u001b[32m${ADDRESS}\u001b[0m`],
    ["zero-width characters", ADDRESS.replace("code", "\u200bco\u2060de")],
    ["an address escaped for HTML", ADDRESS.replaceAll("&", "&amp;")],
    ["an address percent-encoded as a whole", encodeURIComponent(ADDRESS)],
    ["words before an address", `here it is: ${ADDRESS}`],
  ];
  test.each(forms)("%s", (_name, text) => {
    expect(parsePastedAnswer(text, expected)).toEqual(FULL);
    expect(findState(text)).toBe(STATE);
  });

  const cut: [string, string][] = [
    ["code and state, taken out of the query", QUERY],
    ["code#state", `${CODE}#${STATE}`],
    ["line breaks inside code#state", wrapped(`${CODE}#${STATE}`, 10, "\n")],
  ];
  test.each(cut)("%s, which cannot say who issued it (STANDARDS 31)", (_name, text) => {
    expect(parsePastedAnswer(text, expected)).toEqual({ ...FULL, bare: true });
  });

  test("6,000 characters with line breaks", () => {
    const code = "c".repeat(6000);
    const answer = parsePastedAnswer(
      wrapped(`${redirectUri}?code=${code}&state=${STATE}`, 80, "\r"),
      expected,
    );
    expect(answer.parameters["code"]).toBe(code);
  });

  test("an error that the provider sent", () => {
    const text = `${redirectUri}?error=access_denied&error_description=No+thanks&state=${STATE}`;
    expect(parsePastedAnswer(text, expected).parameters).toEqual({
      error: "access_denied",
      error_description: "No thanks",
      state: STATE,
    });
  });

  test("an answer with an address as a value", () => {
    const parameters = parsePastedAnswer(`${QUERY}&iss=https://id.acme.example`, expected).parameters;
    expect(parameters["iss"]).toBe("https://id.acme.example");
  });

  test("a registered web address", () => {
    const web = { ...expected, redirectUri: "https://bot.example.com/cb" };
    for (const text of [`https://bot.example.com/cb?${QUERY}`, `bot.example.com/cb?${QUERY}`]) {
      expect(parsePastedAnswer(text, web)).toEqual(FULL);
    }
  });
});

describe("a bare code", () => {
  const bare = { via: "paste", parameters: { code: CODE }, bare: true } as const;
  test.each([
    ["alone", CODE],
    ["in quotes", `'${CODE}'`],
    ["percent-encoded", encodeURIComponent(CODE)],
    ["wrapped", wrapped(CODE, 10, "\n")],
    ["in a box", `│ ${CODE} │`],
  ])("%s", (_name, text) => {
    expect(parsePastedAnswer(text, expected)).toEqual(bare);
    expect(findState(text)).toBeUndefined();
  });

  test("is refused without PKCE (STANDARDS 2)", () => {
    expect(failureOf(CODE, { ...expected, pkce: false }).code).toBe("bare_code");
    expect(parsePastedAnswer(ADDRESS, { ...expected, pkce: false })).toEqual(FULL);
  });
});

describe("what is no answer is refused with its reason, and without the code", () => {
  const authorization =
    `https://auth.acme.example/authorize?response_type=code&client_id=x&state=${STATE}` +
    `&code_challenge=abc&redirect_uri=${encodeURIComponent(redirectUri)}`;
  const cases: [string, string, string, RegExp][] = [
    ["nothing", "", "bad_paste", /nothing was pasted/],
    ["blank lines", " \n\t\n", "bad_paste", /nothing was pasted/],
    ["a word", "help", "bad_paste", /does not look like/],
    ["a sentence", "I have approved it now", "bad_paste", /does not look like/],
    ["the authorization address", authorization, "authorization_address", /the address to open/],
    [
      "the authorization address, wrapped",
      wrapped(authorization, 40, "\n"),
      "authorization_address",
      /to open/,
    ],
    [
      "another host",
      `https://evil.example/auth/callback?${QUERY}`,
      "wrong_address",
      /"evil\.example\/auth\/callback"/,
    ],
    [
      "another port of localhost",
      `http://localhost:3000/auth/callback?${QUERY}`,
      "wrong_address",
      /localhost:3000/,
    ],
    [
      "another path",
      `http://localhost:1455/?${QUERY}`,
      "wrong_address",
      /comes back to "localhost:1455\/auth\/callback"/,
    ],
    ["a redirect without an answer", redirectUri, "no_answer_in_address", /no code/],
    ["the same without its scheme", "localhost:1455/auth/callback", "no_answer_in_address", /no code/],
    ["a state without a code", `${redirectUri}?state=${STATE}`, "no_answer_in_address", /no code/],
    ["an address without state (STANDARDS 14)", `${redirectUri}?code=${CODE}`, "state_missing", /"state"/],
    ["parameters without state", `code=${CODE}`, "state_missing", /"state"/],
    ["an error without state", `${redirectUri}?error=access_denied`, "state_missing", /"state"/],
    [
      "another state (STANDARDS 9)",
      ADDRESS.replace(STATE, "x".repeat(43)),
      "state_mismatch",
      /another login/,
    ],
    ["a state cut off (STANDARDS 9)", ADDRESS.slice(0, -1), "state_mismatch", /cut off/],
    ["another state after a code", `${CODE}#${"x".repeat(43)}`, "state_mismatch", /another login/],
    ["an address pasted twice", `${ADDRESS}&${QUERY}`, "bad_paste", /twice/],
    ["tokens (STANDARDS 17)", `${redirectUri}#access_token=t&state=${STATE}`, "bad_paste", /tokens/],
    ["a book", "x".repeat(70_000), "bad_paste", /does not look like/],
  ];
  test.each(cases)("%s", (_name, text, code, message) => {
    const failure = failureOf(text);
    expect(failure.code).toBe(code);
    expect(failure.exitStatus).toBe(1);
    expect(failure.message).toMatch(message);
    expect(failure.hint).toBeString();
    expect(`${failure.message} ${failure.hint}`).not.toContain("secret_code");
    expect(`${failure.message} ${failure.hint}`).not.toContain(STATE);
  });

  test.each([
    ["quotes", '"'.repeat(65_000), ""],
    ["bars", "|".repeat(65_000), ""],
    ["spaces", " ".repeat(65_000), ""],
    ["question marks", "?".repeat(65_000), "bot.example.com/"],
    ["slashes", "/".repeat(65_000), `${redirectUri}/`],
    ["dots", ".".repeat(65_000), ""],
    ["escapes", "\u001b[".repeat(32_000), ""],
  ])("65,000 %s are read as fast as any other paste", (_name, many, start) => {
    const begun = performance.now();
    expect(failureOf(`${start}${many}x`).exitStatus).toBe(1);
    findState(`x${many}x`);
    expect(performance.now() - begun).toBeLessThan(300);
  });

  test("a name of the object prototype is a parameter like any other", () => {
    const { parameters } = parsePastedAnswer(`${QUERY}&__proto__=x`, expected);
    expect(Object.keys(parameters)).toEqual(["code", "state", "__proto__"]);
  });
});
