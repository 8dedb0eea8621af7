/**
 * Takes in an account that another machine exported, once, however often it is given.
 *
 * @module
 */
import { KeyfobError, UsageError } from "../errors.ts";
import { type AccountName, type Arrival, formatAccountName } from "../vault/account.ts";
import type { Parcel } from "../vault/parcel.ts";
import type { Vault } from "../vault/vault.ts";
import { describedCertificates, fit, type FittedSession, type FittingPlace } from "./fitted_session.ts";
import type { Services } from "./services.ts";

/** Milliseconds between the mark that a parcel is taken in and its account, at most, where nothing was killed. */
const SAVING = 500;

/** An account that came in. */
export interface Imported extends Omit<FittedSession, "session"> {
  readonly name: AccountName;
  readonly display: string | null;
  /** Whether it was here already: then nothing was changed. */
  readonly wasHere: boolean;
  /** What the sender must be told; undefined for a copy. */
  readonly receipt?: string;
  /** How the sender calls it. */
  readonly nameThere: AccountName;
}

/** What an import is told besides the parcel. */
export interface ImportOptions extends Omit<FittingPlace, "name"> {
  /** Another label than the account had. */
  readonly label?: string | undefined;
}

/**
 * Stores the account of `text`, once. What it needs and is not here is told before it is taken in. Where the account that
 * came of it is here, by whatever name and however often refreshed, it is answered again and nothing is changed.
 *
 * @throws what {@link fit} throws; the text can be imported later
 * @throws what saving throws, saying how the account is had again: the text is spent then
 * @throws {UsageError} code `bad_parcel`, `foreign_parcel`, `parcel_expired`, `parcel_used` or `account_exists`
 */
export async function importAccount(
  services: Services,
  text: string,
  { label, howToAdd }: ImportOptions,
): Promise<Imported> {
  const vault = await services.vault();
  const { PARCEL_LIFETIME } = await import("../vault/parcel.ts");
  const parcel = await vault.openParcel(text);
  const name = label === undefined ? parcel.name : { ...parcel.name, label };
  const arrived = await findArrived(vault, parcel);
  if (arrived !== undefined) return arrived;
  if (await vault.wasParcelTaken(parcel)) return await findArriving(vault, parcel, name);
  if (services.now().getTime() - parcel.packedAt.getTime() > PARCEL_LIFETIME) throw expired();
  if ((await vault.find(name)) !== undefined) throw exists(name);
  const { session, ...brought } = await fit(services, parcel, { name, howToAdd });
  if (!(await vault.takeParcelOnce(parcel))) return await findArriving(vault, parcel, name);
  await vault.save(name, { ...session, arrival: arrivalOf(parcel) }).catch((failure: unknown) => {
    throw notSaved(failure, parcel);
  });
  return { ...brought, name, display: session.display, wasHere: false, ...answerOf(parcel) };
}

function answerOf({ isCopy, receipt, name }: Parcel): Pick<Imported, "receipt" | "nameThere"> {
  return { ...(isCopy ? {} : { receipt }), nameThere: name };
}

function arrivalOf({ id, isCopy, receipt }: Parcel): Arrival {
  return { parcel: id, receipt: isCopy ? "" : receipt };
}

/** The account that came of this parcel, or of another text of the same export. */
async function findArrived(vault: Vault, parcel: Parcel): Promise<Imported | undefined> {
  const sought = arrivalOf(parcel);
  for (const entry of await vault.survey()) {
    if ("unreadable" in entry || entry.name.provider !== parcel.name.provider) continue;
    const { name, session } = entry;
    if (!isSameArrival(session.arrival, sought)) continue;
    const { display, choices, client } = session;
    const own = client.authMethod === "none" ? null : "here";
    return {
      name,
      display,
      wasHere: true,
      clientSecret: choices.clientSecret === undefined ? own : "sent",
      certificates: describedCertificates(choices),
      ...answerOf(parcel),
    };
  }
  return undefined;
}

/** The account of a parcel that was taken in: another import of it may be about to save that. */
async function findArriving(vault: Vault, parcel: Parcel, name: AccountName): Promise<Imported> {
  for (const end = performance.now() + SAVING; performance.now() < end; await Bun.sleep(25)) {
    const arrived = await findArrived(vault, parcel);
    if (arrived !== undefined) return arrived;
  }
  throw used(parcel, name);
}

/** Of an export that was given twice, the ids differ and the receipts do not. */
function isSameArrival(one: Arrival | undefined, other: Arrival): boolean {
  if (one === undefined || one.receipt !== other.receipt) return false;
  return one.parcel === other.parcel || one.receipt !== "";
}

function expired(): UsageError {
  return new UsageError("Cannot import this: it was exported more than 7 days ago", {
    code: "parcel_expired",
    hint: "export it again on the other machine",
  });
}

/** The text is spent, and yet nothing came of it: the account is as it was on the machine that it came from. */
function notSaved(failure: unknown, { isCopy, name }: Parcel): unknown {
  if (!(failure instanceof KeyfobError)) return failure;
  const { message, exitStatus, code, hint, details } = failure;
  const sender = formatAccountName(name);
  const again = isCopy
    ? `this text cannot be used again: keyfob export ${sender} --to KEY --keep on the other machine gives a new one`
    : `this text cannot be used again: keyfob export ${sender} --cancel on the other machine takes the account back, and keyfob export ${sender} --to KEY gives a new text`;
  const next = hint === undefined ? again : `${hint}; ${again}`;
  return new KeyfobError(message, exitStatus, code, { hint: next, details, cause: failure });
}

/** Nobody knows whether what came of it was refreshed before it went. */
function used({ isCopy, name: there }: Parcel, name: AccountName): UsageError {
  const [account, sender] = [formatAccountName(name), formatAccountName(there)];
  const taken = isCopy ? "" : `, or keyfob export ${sender} --cancel uses it there`;
  return new UsageError(
    `Cannot import "${account}": this text was imported here before, and the account that came of it is not here any more`,
    {
      code: "parcel_used",
      hint: `if that was never refreshed here, keyfob export ${sender} --to KEY on the other machine gives a new text${taken}; else log in again: keyfob login ${account}`,
    },
  );
}

function exists(name: AccountName): UsageError {
  const account = formatAccountName(name);
  return new UsageError(`Cannot import "${account}": there is an account of this name`, {
    code: "account_exists",
    hint: `keyfob import --as LABEL; or, if you are sure that this one is not needed, first forget it here: keyfob logout ${account} --local (without --local it would be ended at the provider, maybe with the one that you import)`,
  });
}
