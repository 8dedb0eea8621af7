/**
 * A parcel that is given twice is taken in once, and the second time answers as the first.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { logIn, publicEntry } from "../drivers/login.ts";
import { good, type Move, startMove } from "../drivers/moving.ts";

let move: Move;

beforeEach(async () => {
  move = await startMove();
  const entry = publicEntry(move.server);
  await Promise.all([move.laptop, move.vps].map((machine) => machine.writeRegistry({ acme: entry })));
  await logIn(move.laptop, ["acme"]);
});

afterEach(() => move[Symbol.asyncDispose]());

/** The accounts of the vps, without what tells one moment from another. */
async function accounts(): Promise<Record<string, unknown>[]> {
  const { stdout } = await good(move.vps.run(["status", "--json"]));
  const statuses = JSON.parse(stdout) as Record<string, unknown>[];
  return statuses.map(({ expires_in: _passing, ...status }) => status);
}

function grants(): number {
  return move.server.count("refresh_token");
}

describe("a parcel imported again", () => {
  test("prints its receipt again and changes nothing, and the sender forgets with it", async () => {
    const { stdout: parcel } = await move.pack("acme");
    const { stdout: receipt } = await good(move.unpack(parcel));
    const before = await accounts();
    const again = await good(move.unpack(parcel));
    expect(again.stdout).toBe(receipt);
    expect(again.stderr).toContain("This was imported before, as acme: nothing is changed");
    expect(await accounts()).toEqual(before);
    await good(move.laptop.run(["export", "acme", "--confirm", again.stdout.trim()]));
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("after a refresh and a rename here, under --as, without the provider's entry: the same", async () => {
    const { stdout: parcel } = await move.pack("acme");
    const { stdout: receipt } = await good(move.unpack(parcel));
    await good(move.vps.run(["refresh", "acme"]));
    await good(move.vps.run(["rename", "acme", "acme/renamed"]));
    await move.vps.writeRegistry({});
    const again = await good(move.vps.run(["import", "--as", "other"], { input: parcel }));
    expect(again.stdout).toBe(receipt);
    expect(again.stderr).toContain("as acme/renamed");
    const json = JSON.parse((await good(move.vps.run(["import", "--json"], { input: parcel }))).stdout);
    expect(json).toMatchObject({ account: "renamed", was_here: true, receipt: receipt.trim() });
    expect((await accounts()).map(({ account }) => account)).toEqual(["renamed"]);
    expect(grants()).toBe(1);
  });

  test("in another text of the same export, as one that was lost is given anew: the same", async () => {
    const { stdout: receipt } = await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
    const { stdout: anew } = await move.pack("acme");
    expect((await good(move.vps.run(["import", "--as", "other"], { input: anew }))).stdout).toBe(receipt);
    await good(move.vps.run(["refresh", "acme"]));
    expect(await accounts()).toHaveLength(1);
  });

  test("of a copy prints nothing and changes nothing; another copy is another login's text", async () => {
    const { stdout: parcel } = await move.pack("acme", ["--keep"]);
    await good(move.unpack(parcel));
    const again = await good(move.unpack(parcel));
    expect(again.stdout).toBe("");
    expect(again.stderr).toContain("nothing is changed");
    const { stdout: other } = await move.pack("acme", ["--keep"]);
    expect((await move.refusal(other)).code).toBe("account_exists");
  });

  test("when its account was forgotten here says so, and a new text of the export is taken in", async () => {
    const { stdout: parcel } = await move.pack("acme");
    await good(move.unpack(parcel));
    await good(move.vps.run(["logout", "acme", "--local"]));
    const refused = await move.refusal(parcel);
    expect(refused).toMatchObject({
      code: "parcel_used",
      message: expect.stringContaining("the account that came of it is not here any more"),
      hint: expect.stringContaining("keyfob export acme --cancel uses it there"),
    });
    expect(await accounts()).toEqual([]);
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("when another login took its account's place says so too, and leaves that one", async () => {
    const { stdout: parcel } = await move.pack("acme");
    await good(move.unpack(parcel));
    await logIn(move.vps, ["acme"]);
    expect((await move.refusal(parcel)).code).toBe("parcel_used");
    const under = await move.vps.run(["import", "--as", "other", "--json"], { input: parcel });
    expect(JSON.parse(under.stdout)).toMatchObject({ error: { code: "parcel_used" } });
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("by the machine that it came from, which got it back meanwhile, is another move", async () => {
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.laptop.run(["logout", "acme", "--local"]));
    const back = (await good(move.laptop.run(["key", "show"]))).stdout.trim();
    const { stdout: returned } = await good(move.vps.run(["export", "acme", "--to", back]));
    const { stdout: receipt } = await good(move.laptop.run(["import"], { input: returned }));
    await good(move.vps.run(["export", "acme", "--confirm", receipt.trim()]));
    await good(move.unpack((await move.pack("acme")).stdout));
    await good(move.vps.run(["refresh", "acme"]));
  });

  test("twice at once makes one account", async () => {
    const { stdout: parcel } = await move.pack("acme");
    const both = await Promise.all([
      move.vps.run(["import"], { input: parcel }),
      move.vps.run(["import", "--as", "other"], { input: parcel }),
    ]);
    expect(both.map(({ status, stdout }) => [status, stdout])).toEqual([
      [0, both[1].stdout],
      [0, both[0].stdout],
    ]);
    expect(await accounts()).toHaveLength(1);
  });
});

test("where another account has the name it stays, and no way is shown that ends a login at the provider", async () => {
  await logIn(move.vps, ["acme"]);
  const { stdout: parcel } = await move.pack("acme");
  const refused = await move.refusal(parcel);
  expect(refused.code).toBe("account_exists");
  const commands = String(refused["hint"]).split(/(?=keyfob )/);
  expect(commands).toHaveLength(2);
  expect(commands[0]).toStartWith("keyfob import --as LABEL");
  expect(commands[1]).toStartWith("keyfob logout acme --local");
  await good(move.vps.run(["import", "--as", "moved"], { input: parcel }));
  await good(move.vps.run(["refresh", "acme/moved"]));
  await good(move.vps.run(["refresh", "acme"]));
});
