/**
 * What is advised to somebody who names a login that is not there.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { hintForMissing, type Purpose } from "../../src/accounts/meant_name.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { parseAccountName } from "../../src/vault/account.ts";
import { type Bench, createBench, entryAt, sessionAt } from "./fixtures.ts";

const ORIGIN = "https://id.acme.example";
const ENTRY = entryAt(ORIGIN);

async function hintAmong(
  logins: readonly string[],
  [wanted, purpose]: readonly [wanted: string, purpose: Purpose],
  more: Parameters<typeof createBench>[1] = {},
): Promise<string> {
  await using bench: Bench = await createBench({ acme: ENTRY, acne: ENTRY, box: ENTRY }, more);
  for (const login of logins) await bench.save(parseAccountName(login), sessionAt(ORIGIN, 600));
  return await hintForMissing(bench.services, parseAccountName(wanted), purpose);
}

type Case = readonly [logins: readonly string[], wanted: string, hint: string];

describe("to use it:", () => {
  const cases: readonly Case[] = [
    [["acme/work"], "acme/wor", "did you mean acme/work?"],
    [["acme/work", "acme/home"], "acme/hom", "did you mean acme/home?"],
    [["acme"], "acme/defualt", "did you mean acme?"],
    [["acme/home"], "acme", "did you mean acme/home? keyfob login acme makes a new one"],
    [
      ["acme/a-one", "acme/b-two"],
      "acme/work",
      "did you mean acme/a-one or acme/b-two? keyfob login acme/work makes a new one",
    ],
    [["acme/work"], "acmee/work", "did you mean acme/work?"],
    [["acme/work"], "acmee", "did you mean acme/work?"],
    [["acme/work"], "acmee/wrk", "did you mean acme/work?"],
    [["acme/work"], "work", "did you mean acme/work?"],
    [["acme/work", "acne/work"], "work", "did you mean acme/work or acne/work?"],
    // The provider is there under this very name.
    [["acme/work"], "acne", "keyfob login acne"],
    // Three letters resemble too much.
    [
      ["acme/work"],
      "bob",
      "keyfob status shows the logins: acme/work; keyfob providers list shows whom to log in to",
    ],
    [["box"], "bob", "did you mean box?"],
    [[], "acme/work", "keyfob login acme/work"],
    [[], "opnai", "did you mean keyfob login openai?"],
    [[], "qqqqqqqqqqqq", "keyfob providers list shows whom to log in to"],
  ];
  test.each(cases)("with %j, %s: %s", async (logins, wanted, hint) => {
    expect(await hintAmong(logins, [wanted, "use"])).toBe(hint);
  });

  test("many of the same provider are not all listed", async () => {
    const logins = ["acme/one", "acme/two", "acme/three", "acme/four", "acme/five"];
    expect(await hintAmong(logins, ["acme/zzzzzzzzz", "use"])).toBe(
      "did you mean acme/five, acme/four, acme/one or another that keyfob status shows? " +
        "keyfob login acme/zzzzzzzzz makes a new one",
    );
  });

  test("a token that stands in the environment counts, to use it alone", async () => {
    const more = { environment: { KEYFOB_TOKEN_ACME: "given" } };
    expect(await hintAmong([], ["acmee", "use"], more)).toBe("did you mean acme?");
    expect(await hintAmong([], ["acmee", "change"], more)).toBe("nobody is logged in here");
  });

  test("a registry that cannot be read keeps no login from being named", async () => {
    const registry = async (): Promise<never> => {
      throw new ConfigurationError("Cannot read the registry");
    };
    expect(await hintAmong(["acme/work"], ["acme/wor", "use"], { registry })).toBe("did you mean acme/work?");
    expect(await hintAmong([], ["acme/wor", "use"], { registry })).toBe("keyfob login acme/wor");
  });
});

describe("to change it, never to log in:", () => {
  const cases: readonly Case[] = [
    [["acme/work"], "acme/wor", "did you mean acme/work?"],
    [["acme/home"], "acme", "did you mean acme/home?"],
    [["acme/openia", "box"], "openia", "did you mean acme/openia?"],
    [["acme/work"], "acne", "keyfob status shows the logins: acme/work"],
    [["acme/work"], "bob", "keyfob status shows the logins: acme/work"],
    [["acme/a", "acme/b", "acme/c", "box"], "acne", "keyfob status shows the logins"],
    [[], "acme", "nobody is logged in here"],
    [[], "opnai", "nobody is logged in here"],
  ];
  test.each(cases)("with %j, %s: %s", async (logins, wanted, hint) => {
    expect(await hintAmong(logins, [wanted, "change"])).toBe(hint);
  });
});
