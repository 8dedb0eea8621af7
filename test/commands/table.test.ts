/**
 * What people read: tables and times.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { notedTable, table } from "../../src/commands/table.ts";
import { untilText } from "../../src/commands/time_text.ts";
import { span } from "../../src/duration.ts";

test("columns stand two spaces apart, as wide as their widest cell, with nothing at the end of a line", () => {
  const text = table(
    ["ID", "NAME", "LAST"],
    [
      ["a", "A long name", ""],
      ["bbbb", "B", "x"],
    ],
  );
  expect(text).toBe("ID    NAME         LAST\na     A long name\nbbbb  B            x\n");
});

test("wide characters and emoji count as wide as they are", () => {
  expect(
    table(
      ["N", "X"],
      [
        ["日本", "1"],
        ["a", "2"],
      ],
    ),
  ).toBe("N     X\n日本  1\na     2\n");
});

test("cells lose what could move the cursor or break the line (STANDARDS 78)", () => {
  expect(table(["N"], [["a\u001b[2Jb\u202e\r\nc"]])).toBe("N\na[2Jb c\n");
});

test("a heading alone is a table", () => {
  expect(table(["A", "B"], [])).toBe("A  B\n");
});

describe("a table that is wider than its terminal", () => {
  const rows = [
    ["acme", "A name of several words", "ready"],
    ["b", "B", "no"],
  ];

  test("breaks the widest cells between words", () => {
    expect(table(["ID", "NAME", "X"], rows, 30)).toBe(
      "ID    NAME               X\nacme  A name of several  ready\n      words\nb     B                  no\n",
    );
  });

  test("lays each row over several lines where a cell would become too narrow", () => {
    expect(table(["ID", "NAME", "X"], rows, 26)).toBe(
      "acme\n  A name of several words\n  ready\nb\n  B  no\n",
    );
  });

  test("never breaks the first cell, which is there to be typed", () => {
    const id = "a-long-identifier/of-an-account";
    expect(table(["ID", "NAME"], [[id, "two words"]], 34)).toBe(`${id}\n  two words\n`);
  });
});

test("a note stands below its row, broken between words", () => {
  const rows = [{ cells: ["a", "b"], note: "one two three" }, { cells: ["c", "d"] }];
  expect(notedTable(["A", "B"], rows, 10)).toBe("A  B\na  b\n  one two\n  three\nc  d\n");
});

describe("spans", () => {
  const cases = [
    [0, "0 seconds"],
    [1, "1 second"],
    [119, "119 seconds"],
    [120, "2 minutes"],
    [7199, "119 minutes"],
    [7200, "2 hours"],
    [172_799, "47 hours"],
    [172_800, "2 days"],
  ] as const;
  test.each(cases)("%d seconds are %s", (seconds, text) => expect(span(seconds)).toBe(text));
});

test("an end is told from now on, or as past, or as none", () => {
  const now = new Date("2026-01-01T00:00:00Z");
  const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
  expect(untilText(at(3120), now)).toBe("expires in 52 minutes");
  expect(untilText(at(-10_800), now)).toBe("expired 3 hours ago");
  expect(untilText(null, now)).toBe("does not expire");
});
