/**
 * Names of accounts.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { UsageError } from "../../src/errors.ts";
import { formatAccountName, parseAccountName } from "../../src/vault/account.ts";

test("parseAccountName() reads a provider alone as its default account", () => {
  expect(parseAccountName("google")).toEqual({ provider: "google", label: "default" });
});

test("parseAccountName() reads a label with every letter it may have", () => {
  expect(parseAccountName("acme.id/Jo.Do-e_1+x@example.org")).toEqual({
    provider: "acme.id",
    label: "Jo.Do-e_1+x@example.org",
  });
});

test.each([
  "",
  "/",
  "google/",
  "/work",
  "Google",
  "google/a/b",
  "google/a b",
  `google/${"x".repeat(65)}`,
  "a\u001b[2J",
])("parseAccountName() refuses %j", (text) => {
  expect(() => parseAccountName(text)).toThrow(UsageError);
});

test.each([
  ["OpenAI", "did you mean openai?"],
  ["OpenAI/Work", "did you mean openai/Work?"],
  [" acme/work\n", "did you mean acme/work?"],
  ["acme/a b", "write PROVIDER or PROVIDER/LABEL"],
  ["Acme!", "write PROVIDER or PROVIDER/LABEL"],
])("parseAccountName(%j) hints: %s", (text, hint) => {
  expect(() => parseAccountName(text)).toThrow(expect.objectContaining({ code: "bad_account", hint }));
});

test("formatAccountName() leaves the default label out, and parseAccountName() reads it back", () => {
  for (const text of ["google", "google/work"]) expect(formatAccountName(parseAccountName(text))).toBe(text);
});
