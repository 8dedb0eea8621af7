/**
 * Command lines that are not understood: refused with exit 2 and the nearest that is.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { entryAt } from "../accounts/fixtures.ts";
import { type Commands, createCommands } from "./fixtures.ts";

let commands: Commands;
beforeAll(async () => void (commands = await createCommands({ acme: entryAt("http://127.0.0.1:9") })));
afterAll(() => commands[Symbol.asyncDispose]());

const REFUSED: readonly (readonly [line: string, message: RegExp, hint: RegExp])[] = [
  ["stauts", /no command "stauts"/, /keyfob status/],
  ["lgin acme", /no command "lgin"/, /keyfob login/],
  ["zzzzzz", /no command "zzzzzz"/, /keyfob --help/],
  ["providers lst", /lst/, /list/],
  ["login acme --no-browsr", /--no-browsr/, /--no-browser/],
  ["token acme --min-vald 5m", /--min-vald/, /--min-valid/],
  ["status --jsn", /--jsn/, /--json/],
  ["login acme --method brower", /"brower" as --method/, /--method browser/],
  ["login acme --method x", /"x" as --method: it is none of auto, browser, paste, device/, /auto/],
  ["login acme --format confg", /"confg" as --format/, /--format config/],
  ["token acme --format yaml", /"yaml" as --format/, /config/],
  ["token acme --min-valid soon", /"soon" as a duration/, /30s, 5m or 1h/],
  ["token acme --min-valid", /--min-valid/, /./],
  ["login acme --timeout 5", /"5" as a duration/, /30s/],
  ["login acme --port 0", /"0" as a port/, /1 to 65535/],
  ["login acme --port 65536", /"65536" as a port/, /1 to 65535/],
  ["login acme --port 80x", /"80x" as a port/, /1 to 65535/],
  ["login acme --set tenant", /"tenant" as NAME=VALUE/, /--set/],
  ["login acme --set =x", /"=x" as NAME=VALUE/, /--set/],
  ["login acme --client-id=", /empty --client-id/, /provider shows/],
  ["providers add acme --client-id=", /empty --client-id/, /provider shows/],
  ["login acme --redirect-uri acme", /--redirect-uri: it is not an address/, /127\.0\.0\.1/],
  ["login acme --redirect-uri http://example.com/cb", /must begin with https/, /https:/],
  ["login acme --redirect-uri ftp://127.0.0.1/cb", /must begin with https/, /https:/],
  ["login acme --redirect-uri javascript:alert(1)", /must begin with https/, /https:/],
  ["login acme --redirect-uri https://example.com/cb#x", /no fragment/, /https:/],
  ["login acme --redirect-uri https://me:pass@example.com/cb", /name no user/, /https:/],
  ["login acme --redirect-uri https://example.com/\tcb", /not an address/, /https:/],
  ["login acme --client-secret-file /nonexistent", /"\/nonexistent" as .*no such file/, /FILE/],
  ["login acme --client-secret-file /tmp", /"\/tmp" as --client-secret-file: it is a folder/, /FILE/],
  ["login acme --ca /nonexistent", /"\/nonexistent" as --ca: there is no such file/, /FILE/],
  ["login acme --ca /tmp", /"\/tmp" as --ca: it is a folder/, /FILE/],
  ["login acme --ca /etc/passwd", /"\/etc\/passwd" as --ca: it holds no certificate/, /PEM/],
  ["login acme --ca /dev/null", /"\/dev\/null" as --ca: it holds no certificate/, /PEM/],
  ["login lokal", /"lokal"/, /providers list/],
  ["login acmee", /"acmee"/, /"acme"/],
  ["providers show acmee", /"acmee"/, /"acme"/],
  ["token Acme", /"Acme" as an account/, /did you mean acme\?/],
  ["token acme/", /"acme\/" as an account/, /PROVIDER/],
  ["token acme/a/b", /"acme\/a\/b" as an account/, /PROVIDER/],
  ["status ../acme", /"..\/acme" as an account/, /PROVIDER/],
  ["refresh", /'account'/, /^keyfob refresh ACCOUNT; keyfob status/],
  ["rename acme", /'new'/, /^keyfob rename OLD NEW; keyfob status/],
  ["providers show", /'id'/, /^keyfob providers show ID; keyfob providers list/],
  ["providers check --only acme", /--only needs --online/, /keyfob providers check --online --only acme/],
  ["help lgin", /no command "lgin"/, /keyfob login/],
  ["logout", /name one account, or give --all/, /--all/],
  ["logout acme --all", /name one account, or give --all/, /--all/],
  ["token acme --json --header", /both ways: json and header/, /one of them/],
  ["token acme --copy", /no terminal/, /--copy/],
  ["login", /no provider|Cannot tell which provider/, /keyfob login PROVIDER/],
  ["", /no terminal/, /keyfob login/],
];

test.each(REFUSED)("keyfob %s", async (line, message, hint) => {
  const { data, failure } = await commands.run(...line.split(" ").filter(Boolean));
  expect(failure?.message).toMatch(message);
  expect(failure?.message).toStartWith("Cannot ");
  expect(failure?.hint).toMatch(hint);
  expect(failure?.exitStatus).toBe(2);
  expect(data).toBe("");
});

test("every refusal has a code that programs can compare", async () => {
  for (const [line] of REFUSED) {
    const { failure } = await commands.run(...line.split(" ").filter(Boolean));
    expect(failure?.code).toMatch(/^[a-z][a-z_]*$/);
  }
});
