/**
 * A login that moves takes the certificate authority of --ca along, for itself alone.
 *
 * @module
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { good, logInToCompany, type Move, startCompany, startMove } from "../drivers/moving.ts";
import { AUTHORITY_FILE, PRIVATE_TLS } from "../servers/private_authority.ts";

let move: Move;

beforeEach(async () => {
  move = await startMove();
});

afterEach(() => move[Symbol.asyncDispose]());

describe("the certificate authority of --ca", () => {
  test("goes along, is told with its fingerprint, and is trusted for that account alone", async () => {
    await using place = await startCompany(move);
    await good(logInToCompany(move.laptop, ["--ca", place.file]));
    const fingerprint = await sha256Of(AUTHORITY_FILE);
    const { stdout, stderr } = await move.pack("company");
    await rm(move.laptop.folder, { recursive: true });
    const imported = await good(move.unpack(stdout));
    for (const said of [stderr, imported.stderr]) {
      expect(said.replaceAll(/\s/g, "")).toContain(`SHA-256${fingerprint}`);
      expect(Math.max(...said.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    }
    expect(imported.stderr).toContain("They are trusted for this account alone");
    await good(move.vps.run(["refresh", "company"]));
    expect(place.http.seen).toEqual(["authorization_code", "refresh_token"]);
    const other = await logInToCompany(move.vps, [], "company/other");
    expect({ status: other.status, trusted: other.stderr.includes("Cannot trust") }).toEqual({
      status: 3,
      trusted: true,
    });
  });

  test("goes along without the private key that stands in the same file", async () => {
    await using place = await startCompany(move);
    const authority = await Bun.file(AUTHORITY_FILE).text();
    await Bun.write(place.file, `${PRIVATE_TLS.key}\n${authority}`);
    await good(logInToCompany(move.laptop, ["--ca", place.file]));
    const { stdout } = await good(move.laptop.run(["export", "company", "--to", await move.key(), "--json"]));
    const { parcel, certificate_authorities: certificates } = JSON.parse(stdout) as {
      parcel: string;
      certificate_authorities: unknown[];
    };
    expect(certificates).toEqual([{ subject: expect.any(String), sha256: await sha256Of(AUTHORITY_FILE) }]);
    // A private key has the size of a certificate: were it in there, the parcel would be longer.
    await Bun.write(place.file, authority);
    await good(move.laptop.run(["export", "company", "--cancel"]));
    const again = JSON.parse(
      (await good(move.laptop.run(["export", "company", "--to", await move.key(), "--json"]))).stdout,
    ) as { parcel: string };
    expect(Math.abs(parcel.length - again.parcel.length)).toBeLessThan(80);
  });

  test("whose file is gone is told before anything is changed", async () => {
    await using place = await startCompany(move);
    await good(logInToCompany(move.laptop, ["--ca", place.file]));
    await rm(place.file);
    const { status, stdout, stderr } = await move.laptop.run(["export", "company", "--to", await move.key()]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`the certificate authority "${place.file}" cannot be read`);
    expect(JSON.parse((await move.laptop.run(["status", "--json"])).stdout)).toMatchObject([
      { state: "alive" },
    ]);
  });

  test("that the environment names stays behind, and is told", async () => {
    await using place = await startCompany(move);
    move.laptop.environment["SSL_CERT_FILE"] = place.file;
    await good(logInToCompany(move.laptop));
    const { stdout, stderr } = await move.pack("company");
    expect(stderr).toContain("that NODE_EXTRA_CA_CERTS or SSL_CERT_FILE names here do not go along");
    await good(move.unpack(stdout));
    expect((await move.vps.run(["refresh", "company"])).status).toBe(3);
    await good(move.vps.run(["refresh", "company"], { environment: { SSL_CERT_FILE: AUTHORITY_FILE } }));
  });
});

async function sha256Of(path: string): Promise<string> {
  const der = Buffer.from((await Bun.file(path).text()).replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  const hex = new Bun.CryptoHasher("sha256").update(der).digest("hex").toUpperCase();
  return hex.replaceAll(/..(?!$)/g, "$&:");
}
