/**
 * Sealed records stay where they were put.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { newKey } from "../../src/vault/key_bytes.ts";
import { answerFromText, answerToText, sessionFromText, sessionToText } from "../../src/vault/sealed_text.ts";
import { createSealer, type RecordPlace } from "../../src/vault/sealing.ts";
import { sessionWith } from "./fixtures.ts";

const PLACE: RecordPlace = { kind: "session", rowId: "row-1" };

test("open() gives back what seal() took, with a fresh nonce each time", async () => {
  const sealer = await createSealer(newKey(), "store-1");
  const [one, two] = [await sealer.seal(PLACE, "secret"), await sealer.seal(PLACE, "secret")];
  expect(await sealer.open(PLACE, one)).toBe("secret");
  expect(one.slice(9, 21)).not.toEqual(two.slice(9, 21));
  expect(Buffer.from(one).includes("secret")).toBe(false);
});

test("open() refuses a record moved to another row, kind or store", async () => {
  const key = newKey();
  const sealer = await createSealer(key, "store-1");
  const sealed = await sealer.seal(PLACE, "secret");
  const failed = { code: "unsealing_failed", exitStatus: 2 };
  await expect(sealer.open({ kind: "session", rowId: "row-2" }, sealed)).rejects.toMatchObject(failed);
  await expect(sealer.open({ kind: "answer", rowId: "row-1" }, sealed)).rejects.toMatchObject(failed);
  const other = await createSealer(key, "store-2");
  await expect(other.open(PLACE, sealed)).rejects.toMatchObject(failed);
});

test("open() refuses a record with any byte changed, cut short, or sealed with another key", async () => {
  const sealer = await createSealer(newKey(), "store-1");
  const sealed = await sealer.seal(PLACE, "x");
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = sealed.slice();
    changed[index] = (changed[index] ?? 0) ^ 1;
    await expect(sealer.open(PLACE, changed)).rejects.toMatchObject({ code: "unsealing_failed" });
  }
  for (const length of [0, 5, 20, sealed.length - 1]) {
    await expect(sealer.open(PLACE, sealed.slice(0, length))).rejects.toMatchObject({
      code: "unsealing_failed",
    });
  }
  const other = await createSealer(newKey(), "store-1");
  await expect(other.open(PLACE, sealed)).rejects.toMatchObject({ code: "unsealing_failed" });
});

test("sessionFromText() gives back the whole session, dates and unknown fields too", () => {
  const session = { ...sessionWith(60), later: "field" };
  expect(sessionFromText(sessionToText(session))).toEqual(session);
  const { expiresAt: _, ...endless } = session.tokens;
  expect(sessionFromText(sessionToText({ ...session, tokens: endless })).tokens).toEqual(endless);
});

test("sessionFromText() refuses another form", () => {
  for (const text of ["null", "[]", "{}", '{"tokens":{"accessToken":1,"scope":[]},"client":{}}']) {
    expect(() => sessionFromText(text)).toThrow("Cannot read a record of the vault");
  }
});

test("answerFromText() keeps when the answer came, so that its lifetime is counted from there", () => {
  const answer = { rawAnswer: "{}", receivedAt: new Date(1_760_000_000_000) };
  expect(answerFromText(answerToText(answer))).toEqual(answer);
});
