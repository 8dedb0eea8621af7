/**
 * A login that moves finds its provider on the other machine, or is told what is missing while nothing is lost.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { good, logInToCompany, type Move, startCompany, startMove } from "../drivers/moving.ts";
import { PUBLIC_CLIENT, startOidcServer } from "../servers/oidc.ts";
import { AUTHORITY_FILE, PRIVATE_NAME } from "../servers/private_authority.ts";

let move: Move;

beforeEach(async () => {
  move = await startMove();
});

afterEach(() => move[Symbol.asyncDispose]());

describe("the provider's entry", () => {
  beforeEach(async () => {
    await move.laptop.writeRegistry({ acme: publicEntry(move.server) });
    await logIn(move.laptop, ["acme"]);
  });

  test("that is missing there is shown before the parcel is used up, and does once it is saved as told", async () => {
    const { stdout: parcel } = await move.pack("acme");
    const { status, stderr, stdout } = await move.unpack(parcel);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    const file = join(move.vps.home, "providers.d", "acme.json");
    expect(stderr).toContain('Cannot import "acme": the registry here has no provider "acme"');
    expect(stderr).toContain(`save that entry as "${file}"`);
    const [shown = ""] = /^\{\n[\s\S]*?^\}/m.exec(stderr) ?? [];
    expect(JSON.parse(shown)).toEqual({ providers: { acme: publicEntry(move.server) } });
    await mkdir(join(move.vps.home, "providers.d"), { mode: 0o700 });
    await Bun.write(file, shown, { mode: 0o600 });
    await good(move.unpack(parcel));
    await good(move.vps.run(["refresh", "acme"]));
    expect((await move.server.userinfo(await readToken(move.vps, ["acme"]))).status).toBe(200);
  });

  test("is shown with --json too, and its secrets are not", async () => {
    const headers = { "x-api-key": "hush-hush" };
    const token = { headers };
    await move.laptop.writeRegistry({
      acme: { ...publicEntry(move.server), token, client_secret: "hush-hush" },
    });
    const { stdout } = await move.pack("acme");
    const refused = await move.refusal(stdout);
    const entry = { ...publicEntry(move.server), token: { headers: { "x-api-key": "***" } } };
    expect(refused).toMatchObject({ code: "provider_missing", providers: { acme: entry } });
    expect(JSON.stringify(refused)).not.toContain("hush-hush");
  });

  test("that leads elsewhere there is refused, naming both, before the parcel is used up", async () => {
    await using other = await startOidcServer();
    await move.vps.writeRegistry({ acme: publicEntry(other) });
    const { stdout } = await move.pack("acme");
    const refused = await move.refusal(stdout);
    expect(refused).toMatchObject({
      code: "provider_differs",
      message: `Cannot import "acme": it was made for ${move.server.issuer}, and the registry here leads to ${other.issuer}`,
    });
    expect(other.seen).toEqual([]);
    await move.vps.writeRegistry({ acme: publicEntry(move.server) });
    await good(move.unpack(stdout));
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("that says less there is told by its fields", async () => {
    const { scopes, ...rest } = publicEntry(move.server);
    await move.laptop.writeRegistry({ acme: { ...rest, scopes, basic_encoding: "raw" } });
    await move.vps.writeRegistry({ acme: rest });
    const { stderr } = await good(move.unpack((await move.pack("acme")).stdout));
    expect(stderr).toContain("than the one here: basic_encoding. ");
  });

  test("that names another client there does not keep the login from its own", async () => {
    await move.vps.writeRegistry({ acme: { ...publicEntry(move.server), client_id: "another" } });
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
    const last = move.server.seen.findLast(({ parameters }) => parameters["grant_type"] === "refresh_token");
    expect(last?.parameters["client_id"]).toBe(PUBLIC_CLIENT);
  });

  test("that is gone from the exporting machine is told there", async () => {
    await move.laptop.writeRegistry({});
    const { stdout, stderr } = await move.pack("acme");
    expect(stderr).toContain('The registry here has no provider "acme" any more');
    await move.vps.writeRegistry({ acme: publicEntry(move.server) });
    await good(move.unpack(stdout));
    await good(move.vps.run(["refresh", "acme"]));
  });
});

test("--set goes along: the login is refreshed where it was made", async () => {
  await using place = await startCompany(move, { variables: { host: { prompt: "Host" } } }, "https://{host}");
  for (const machine of [move.laptop, move.vps]) machine.environment["SSL_CERT_FILE"] = AUTHORITY_FILE;
  await good(logInToCompany(move.laptop, ["--set", `host=${PRIVATE_NAME}`]));
  await good(move.unpack((await move.pack("company")).stdout));
  await good(move.vps.run(["refresh", "company"]));
  expect(place.http.seen).toEqual(["authorization_code", "refresh_token"]);
});
