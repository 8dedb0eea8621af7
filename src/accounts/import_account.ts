/**
 * Takes in an account that another machine exported.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { fit, type FittedSession, type FittingPlace } from "./fitted_session.ts";
import type { Services } from "./services.ts";

/** An account that came in. */
export interface Imported extends Omit<FittedSession, "session"> {
  readonly name: AccountName;
  readonly display: string | null;
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
 * Stores the account of `text`, once. What it needs and is not here is told before it is taken in.
 *
 * @throws what {@link fit} throws; the text can be imported later
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
  if (services.now().getTime() - parcel.packedAt.getTime() > PARCEL_LIFETIME) throw expired();
  if ((await vault.find(name)) !== undefined) throw exists(name);
  const { session, ...brought } = await fit(services, parcel, { name, howToAdd });
  if (!(await vault.takeParcelOnce(parcel))) throw used();
  await vault.save(name, session);
  return {
    ...brought,
    name,
    display: session.display,
    ...(parcel.isCopy ? {} : { receipt: parcel.receipt }),
    nameThere: parcel.name,
  };
}

function expired(): UsageError {
  return new UsageError("Cannot import this: it was exported more than 7 days ago", {
    code: "parcel_expired",
    hint: "export it again on the other machine",
  });
}

function used(): UsageError {
  return new UsageError(
    "Cannot import this: it was imported here already, and its tokens are older than those",
    {
      code: "parcel_used",
      hint: "export it again on the other machine",
    },
  );
}

function exists(name: AccountName): UsageError {
  const account = formatAccountName(name);
  return new UsageError(`Cannot import "${account}": there is an account of this name`, {
    code: "account_exists",
    hint: `keyfob import --as LABEL, or first keyfob logout ${account}`,
  });
}
