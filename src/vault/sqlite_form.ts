/**
 * What marks a SQLite file as a vault.
 *
 * @module
 */

/** "kfob" in the file's header: tells a vault from any other SQLite file. */
export const APPLICATION_ID = 0x6b_66_6f_62;

/** Raised by every change of the tables. */
export const SCHEMA_VERSION = 2;
