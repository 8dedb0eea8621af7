import { describe, expect, test } from "bun:test";
import { search } from "../src/search.ts";

const ITEMS = [
  { id: "digitalocean", name: "DigitalOcean" },
  { id: "github", name: "GitHub" },
  { id: "gitlab", name: "GitLab" },
  { id: "google", name: "Google" },
  { id: "huggingface", name: "Hugging Face" },
  { id: "legit", name: "Legit" },
  { id: "microsoft", name: "Microsoft (Entra ID)" },
  { id: "x", name: "X (Twitter)" },
];

function found(typed: string): string[] {
  return search(ITEMS, typed).map(({ id }) => id);
}

describe("search()", () => {
  test("gives everything in its order while nothing is typed", () => {
    expect(found("  ")).toEqual(ITEMS.map(({ id }) => id));
  });

  test("puts an exact name first, then beginnings, then beginnings of words, then the rest", () => {
    expect(found("git")).toEqual(["github", "gitlab", "digitalocean", "legit"]);
    expect(found("x")[0]).toBe("x");
    expect(found("entra")).toEqual(["microsoft"]);
  });

  test.each([
    ["GOO", "google"],
    ["hugging face", "huggingface"],
    ["face hugging", "huggingface"],
    ["twitter", "x"],
    ["git lab", "gitlab"],
  ])("finds by %p %p", (typed, id) => {
    expect(found(typed)[0]).toBe(id);
  });

  test("finds nothing for what nobody is called", () => {
    expect(found("zzz")).toEqual([]);
  });
});
