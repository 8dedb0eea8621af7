import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { builtInSource } from "../../src/registry/layers.ts";
import { sourceProblems } from "../../src/registry/check.ts";
import { checkFile, type RegistryProblem } from "../../src/registry/registry.ts";
import { providers } from "./files.ts";

async function check(content: object | string): Promise<RegistryProblem[]> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-check-"));
  const file = join(folder, "providers.json");
  try {
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
    return await checkFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The problems of one entry that has an issuer besides `fields`. */
async function checkEntry(fields: object): Promise<RegistryProblem[]> {
  return check(providers({ acme: { issuer: "https://a.example", ...fields } }));
}

test("the built-in registry has no problem", () => {
  const source = builtInSource();
  expect(source.entries.size).toBeGreaterThan(170);
  expect(sourceProblems({ builtIn: new Map(), sources: [source] }, source)).toEqual([]);
});

describe("checkFile()", () => {
  test("finds nothing wrong with the four-line entry", async () => {
    expect(await checkEntry({ client_id: "abc", scopes: ["openid", "profile"] })).toEqual([]);
  });

  test("names the field that was meant, with line and column", async () => {
    const problems = await check(
      '{\n  "providers": {\n    "acme": {\n      "issuer": "https://a.example",\n      "client_idd": "x" } } }',
    );
    expect(problems).toMatchObject([
      {
        line: 5,
        column: 7,
        pointer: "/providers/acme/client_idd",
        message: 'unknown field "client_idd"',
        hint: 'did you mean "client_id"?',
        provider: "acme",
      },
    ]);
  });

  const cases: [what: string, fields: object, pointer: string, says: RegExp][] = [
    ["an unknown field of a step", { token: { headerz: {} } }, "/token/headerz", /did you mean "headers"/],
    [
      "an unknown field of refresh, which may be false",
      { refresh: { bodyy: "json" } },
      "/refresh/bodyy",
      /did you mean "body"/,
    ],
    [
      "an unknown field of an exchange",
      { exchange: [{ metod: "GET" }] },
      "/exchange/0/metod",
      /did you mean "method"/,
    ],
    [
      "an unknown field of a variable",
      { variables: { a: { promt: "" } } },
      "/variables/a/promt",
      /did you mean "prompt"/,
    ],
    [
      "an unknown value",
      { pkce: "requird" },
      "/pkce",
      /"requird" is not known here.*did you mean "required"/,
    ],
    [
      "an unknown value in a list",
      { code_challenge_methods_supported: ["s256"] },
      "/code_challenge_methods_supported/0",
      /did you mean "S256"/,
    ],
    [
      "an unknown port word",
      { redirect: { port: "registred" } },
      "/redirect/port",
      /did you mean "registered"/,
    ],
    ["a port that is none", { redirect: { port: 70000 } }, "/redirect/port", /65535/],
    ["a number for a text", { client_id: 5 }, "/client_id", /must be a string, not a number/],
    ["a text for a list", { scopes: "openid" }, "/scopes", /must be a list, not a string/],
    [
      "a pointer that is none",
      { whoami: { response: { map: { subject: "id" } } } },
      "/whoami/response/map/subject",
      /JSON Pointer/,
    ],
    ["a secret that is none", { client_secret: { envv: "A" } }, "/client_secret/envv", /did you mean "env"/],
    [
      "more than one secret",
      { client_secret: { file: "/a", more: 1 } },
      "/client_secret/more",
      /unknown field/,
    ],
    [
      "a secret file that depends on the folder",
      { client_secret: { file: "secret" } },
      "/client_secret/file",
      /absolute/,
    ],
    [
      "a secret program that depends on the folder",
      { client_secret: { command: ["./x"] } },
      "/client_secret/command/0",
      /absolute/,
    ],
    ["http to a stranger", { token_endpoint: "http://a.example/token" }, "/token_endpoint", /loopback/],
    [
      "http to a host that a variable chooses",
      { variables: { h: {} }, token_endpoint: "http://{h}/" },
      "/token_endpoint",
      /loopback/,
    ],
    ["a user name in an address", { token_endpoint: "https://a@b.example/" }, "/token_endpoint", /user name/],
    [
      "a placeholder that is not declared",
      { token_endpoint: "https://a.example/{tenent}", variables: { tenant: {} } },
      "/token_endpoint",
      /\{tenent\} is not declared.*did you mean \{tenant\}/,
    ],
    [
      "a placeholder of another step",
      { authorize: { params: { x: "{access_token}" } } },
      "/authorize/params/x",
      /cannot be used here/,
    ],
    [
      "a token in a device request",
      { device: { request: { headers: { x: "{refresh_token}" } } } },
      "/device/request/headers/x",
      /cannot be used here/,
    ],
    [
      "a callback host without a list",
      { token_endpoint: "https://{callback.server}/" },
      "/token_endpoint",
      /without a list/,
    ],
    [
      "a list for a name that cannot choose",
      { hosts: { code: ["a.example"] } },
      "/hosts/code",
      /cannot choose a host/,
    ],
    [
      "a list with an address in it",
      { hosts: { "kept.h": ["https://a.example"] } },
      "/hosts/kept.h/0",
      /not a host name/,
    ],
    [
      "a pattern that is none",
      { variables: { a: { pattern: "(" } } },
      "/variables/a/pattern",
      /regular expression/,
    ],
    [
      "a default that its pattern refuses",
      { variables: { a: { pattern: "[0-9]+", default: "x" } } },
      "/variables/a/default",
      /does not match/,
    ],
    ["a variable with a name of ours", { variables: { code: {} } }, "/variables/code", /keyfob's own/],
    [
      "a variable with a bad name",
      { variables: { "Bad-Name": {} } },
      "/variables/Bad-Name",
      /cannot be a name/,
    ],
    ["a resource that is http", { resources: ["http://api.example"] }, "/resources/0", /loopback/],
    ["an unknown parent", { extends: "gogle" }, "/extends", /"gogle" does not exist.*did you mean "google"/],
  ];
  for (const [what, fields, pointer, says] of cases) {
    test(`reports ${what}`, async () => {
      const problems = await checkEntry(fields);
      expect(problems.map((problem) => problem.pointer)).toEqual([`/providers/acme${pointer}`]);
      expect(`${problems[0]?.message}; ${problems[0]?.hint}`).toMatch(says);
    });
  }

  test("reports every problem of every entry, not the first alone", async () => {
    const problems = await check(
      providers({ a: { issuer: "https://a.example", x: 1, y: 2 }, b: { token_endpoint: "ftp://b" } }),
    );
    expect(problems.map(({ pointer }) => pointer).sort()).toEqual([
      "/providers/a/x",
      "/providers/a/y",
      "/providers/b/token_endpoint",
    ]);
  });

  test("reports an entry that no login can come of", async () => {
    const problems = await check(providers({ acme: { client_id: "x" } }));
    expect(problems[0]?.message).toContain("neither an issuer");
  });

  test("reports parents in a circle at both ends", async () => {
    const problems = await check(providers({ a: { extends: "b" }, b: { extends: "a" } }));
    expect(problems.map(({ pointer }) => pointer)).toEqual(["/providers/a/extends", "/providers/b/extends"]);
    expect(problems[0]?.message).toContain("a -> b -> a");
  });

  test("reports repeated fields and providers", async () => {
    const problems = await check(
      '{ "providers": { "a": { "issuer": "https://a.example", "issuer": "https://b.example" }, "a": {} } }',
    );
    expect(problems.map(({ message, provider }) => [message, provider])).toEqual([
      ['"issuer" stands here twice', "a"],
      ['"a" stands here twice', "a"],
    ]);
  });

  test("reports hostile ids, without their control characters", async () => {
    for (const id of ["Evil", "../x", "a\u001b[2Jb", "\u202egoogle", "", "a b", "x".repeat(65), "-a"]) {
      const [problem] = await check(providers({ [id]: { issuer: "https://a.example" } }));
      expect(problem?.message).toContain("cannot be a provider id");
      // oxlint-disable-next-line no-control-regex -- control characters are what must be absent
      expect(problem?.message).not.toMatch(/[\u0000-\u001f\u202e]/);
    }
  });

  test("reports unknown fields of the file", async () => {
    const problems = await check({ provider: {}, providers: {} });
    expect(problems).toMatchObject([
      { message: 'unknown field "provider"', hint: 'did you mean "providers"?' },
    ]);
  });

  test("reports a file that is no object, holds no providers, or is not there", async () => {
    expect((await check("[]"))[0]?.message).toContain("JSON object");
    expect((await check("{}"))[0]?.message).toContain("`providers` must be an object");
    expect((await check(providers({ a: 5 })))[0]?.message).toContain("an entry must be an object");
    expect((await checkFile("/nowhere/providers.json"))[0]?.message).toBe("there is no such file");
  });

  test("lets an entry use what the built-in one below it declares", async () => {
    expect(await check(providers({ gitlab: { whoami: { endpoint: "https://{host}/api/v4/me" } } }))).toEqual(
      [],
    );
  });
});
