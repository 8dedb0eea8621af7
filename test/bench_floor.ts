/**
 * What no token can be quicker than: reads the row and the key, runs AES once over the row, prints a token's length.
 *
 * {@link file://./bench.ts} builds it the way keyfob is built. It checks nothing and is no part of keyfob.
 *
 * @module
 */
import { constants, Database } from "bun:sqlite";

const home = Bun.env["KEYFOB_HOME"] ?? "";
const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
const database = new Database(`file:${home}/vault.db?immutable=1`, flags);
const query = database.prepare<unknown, [string]>("SELECT sealed FROM account WHERE provider = ?");
const [[sealed] = []] = query.values("google") as Uint8Array<ArrayBuffer>[][];
const bytes = Uint8Array.fromBase64(new TextDecoder().decode(Bun.mmap(`${home}/key`)));
const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
const parameters = { name: "AES-GCM", iv: new Uint8Array(12) };
await crypto.subtle.encrypt(parameters, key, sealed ?? new Uint8Array());
await Bun.write(Bun.stdout, `${"x".repeat(1200)}\n`);
process.exit(0);
