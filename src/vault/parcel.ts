/**
 * An account on its way to another machine, sealed to that machine's public key (age, https://age-encryption.org/v1).
 *
 * @module
 */
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { UsageError } from "../errors.ts";
import { isRawObject } from "../registry/merge.ts";
import type { OwnWords } from "../registry/own_words.ts";
import type { AccountName, Session } from "./account.ts";
import { parseAccountName } from "./account.ts";
import { attemptId } from "./attempts.ts";
import { IDENTITY_ID } from "./record_places.ts";
import type { OpenStore } from "./opening.ts";
import { sessionFromText, sessionToText } from "./sealed_text.ts";

/** What is sent. */
export interface Parcel {
  readonly name: AccountName;
  readonly session: Session;
  /** What the sender's vault kept of the client's secret: of versions that did not yet put it into the session. */
  readonly clientSecret?: string;
  /** What the sender's registry files say of the provider, without secrets. */
  readonly words: OwnWords;
  /** Random; a parcel is taken in once. */
  readonly id: string;
  /** The answer that the sender waits for before it forgets the account. */
  readonly receipt: string;
  /** Whether the sender goes on using the account. */
  readonly isCopy: boolean;
  readonly packedAt: Date;
}

/** Milliseconds that a parcel may be under way: 7 days. So long its id is remembered. */
export const PARCEL_LIFETIME = 7 * 24 * 3_600_000;

/** Raised by every change that an older version would misread. */
const FORMAT = 1;
/** Of a parcel with certificates: a version that knows the first format alone would drop them, and trust nobody. */
const FORMAT_WITH_AUTHORITIES = 2;
/** It is printed as it is. A copy has none. */
const RECEIPT = /^[0-9a-f-]{0,64}$/;
const PLACE = { kind: "identity", rowId: IDENTITY_ID } as const;

/** This vault's public key: whoever has it can send accounts here. It is made where there is none. */
export async function publicKey(opened: OpenStore): Promise<string> {
  return identityToRecipient((await readIdentity(opened)) ?? (await createIdentity(opened)));
}

/** Whether `recipient` is this vault's public key. Makes none. */
export async function isOwnKey(opened: OpenStore, recipient: string): Promise<boolean> {
  const identity = await readIdentity(opened);
  return identity !== undefined && (await identityToRecipient(identity)) === recipient.trim();
}

/** True for the first who takes the parcel in. */
export async function takeOnce({ store }: OpenStore, { id, packedAt }: Parcel): Promise<boolean> {
  return store.attempts.bar(markOf(id), packedAt.getTime() + PARCEL_LIFETIME);
}

/** Whether the parcel was taken in here; known for as long as it can be imported. */
export async function wasTaken({ store }: OpenStore, { id }: Parcel): Promise<boolean> {
  return (await store.attempts.claim(markOf(id))) !== "unknown";
}

/** What names the mark that a parcel leaves in the store. */
function markOf(id: string): string {
  return attemptId(`parcel ${id}`);
}

/** @throws {UsageError} code `bad_recipient` */
export async function seal(parcel: Parcel, recipient: string): Promise<string> {
  const { session, packedAt, ...rest } = parcel;
  const text = JSON.stringify({
    format: session.choices.authorities === undefined ? FORMAT : FORMAT_WITH_AUTHORITIES,
    ...rest,
    session: sessionToText(session),
    packedAt: packedAt.getTime(),
  });
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient.trim());
  } catch (cause) {
    throw new UsageError(`Cannot seal for "${recipient}": it is no public key`, {
      code: "bad_recipient",
      hint: "keyfob key show prints it on the other machine",
      cause,
    });
  }
  return armor.encode(await encrypter.encrypt(text));
}

/** @throws {UsageError} code `bad_parcel` or `foreign_parcel` */
export async function open(opened: OpenStore, text: string): Promise<Parcel> {
  const identity = await readIdentity(opened);
  if (identity === undefined) throw foreign();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return parse(
    await decrypter.decrypt(bytesOf(text), "text").catch((cause: unknown) => Promise.reject(foreign(cause))),
  );
}

function bytesOf(text: string): Uint8Array {
  try {
    return armor.decode(text.trim());
  } catch (cause) {
    throw badParcel(cause);
  }
}

function parse(text: string): Parcel {
  const value = JSON.parse(text) as Record<string, unknown>;
  if (value["format"] !== FORMAT && value["format"] !== FORMAT_WITH_AUTHORITIES) throw newer();
  const { name, session, clientSecret, words, id, receipt, isCopy, packedAt } = value;
  if (typeof session !== "string" || typeof packedAt !== "number") throw badParcel();
  if (typeof id !== "string" || typeof receipt !== "string") throw badParcel();
  if (!RECEIPT.test(receipt)) throw badParcel();
  const read = sessionFromText(session);
  if (!isRawObject(read.choices)) throw badParcel();
  return {
    name: nameFrom(name),
    session: read,
    ...(typeof clientSecret === "string" ? { clientSecret } : {}),
    words: wordsFrom(words),
    id,
    receipt,
    isCopy: isCopy === true,
    packedAt: new Date(packedAt),
  };
}

function wordsFrom(value: unknown): OwnWords {
  const entries = isRawObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.flatMap(([id, entry]) => (isRawObject(entry) ? [[id, entry]] : [])));
}

function nameFrom(value: unknown): AccountName {
  if (typeof value !== "object" || value === null || !("provider" in value) || !("label" in value))
    throw badParcel();
  return parseAccountName(`${String(value.provider)}/${String(value.label)}`);
}

async function readIdentity({ store, sealer }: OpenStore): Promise<string | undefined> {
  const sealed = await store.secrets.read(IDENTITY_ID);
  return sealed === undefined ? undefined : sealer.open(PLACE, sealed);
}

/** Of several processes the first one's stays. */
async function createIdentity(opened: OpenStore): Promise<string> {
  const made = await generateX25519Identity();
  await opened.sealer.write(PLACE, made, (sealed) => opened.store.secrets.keepFirst(IDENTITY_ID, sealed));
  return (await readIdentity(opened)) ?? made;
}

/** The refusal of a text that opens, but is not what `keyfob export` writes. */
export function badParcel(cause?: unknown): UsageError {
  return new UsageError("Cannot import this: it is no whole text of keyfob export", {
    code: "bad_parcel",
    hint: "hand it over whole, from -----BEGIN to END-----",
    cause,
  });
}

function foreign(cause?: unknown): UsageError {
  return new UsageError("Cannot import this: it is sealed to the key of another machine", {
    code: "foreign_parcel",
    hint: "export it again with --to and the key that keyfob key show prints here",
    cause,
  });
}

function newer(): UsageError {
  return new UsageError("Cannot import this: a newer keyfob exported it", {
    code: "newer_parcel",
    hint: "keyfob upgrade",
  });
}
