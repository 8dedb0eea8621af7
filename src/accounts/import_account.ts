/**
 * Takes in an account that another machine exported.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import type { Parcel } from "../vault/parcel.ts";
import type { Services } from "./services.ts";

/** An account that came in. */
export interface Imported {
  readonly name: AccountName;
  readonly display: string | null;
  /** What the sender must be told; undefined for a copy. */
  readonly receipt?: string;
  /** How the sender calls it. */
  readonly nameThere: AccountName;
  /** Whether the registry here has its provider. */
  readonly isProviderKnown: boolean;
}

/**
 * Stores the account of `text`, once.
 *
 * @throws {UsageError} code `bad_parcel`, `foreign_parcel`, `parcel_expired`, `parcel_used` or `account_exists`
 */
export async function importAccount(
  services: Services,
  text: string,
  label: string | undefined,
): Promise<Imported> {
  const vault = await services.vault();
  const { PARCEL_LIFETIME } = await import("../vault/parcel.ts");
  const parcel = await vault.openParcel(text);
  const name = label === undefined ? parcel.name : { ...parcel.name, label };
  if (services.now().getTime() - parcel.packedAt.getTime() > PARCEL_LIFETIME) throw expired();
  if ((await vault.find(name)) !== undefined) throw exists(name);
  if (!(await vault.takeParcelOnce(parcel))) throw used();
  await store(services, name, parcel);
  return {
    name,
    display: parcel.session.display,
    ...(parcel.isCopy ? {} : { receipt: parcel.receipt }),
    nameThere: parcel.name,
    isProviderKnown: await isKnown(services, name.provider),
  };
}

async function store(
  services: Services,
  name: AccountName,
  { session, clientSecret }: Parcel,
): Promise<void> {
  const vault = await services.vault();
  const { clientId } = session.client;
  // First, so that an account that is there can be refreshed.
  if (clientSecret !== undefined && clientId !== undefined)
    await vault.keepClientSecret(name.provider, clientId, clientSecret);
  await vault.save(name, session);
}

async function isKnown(services: Services, provider: string): Promise<boolean> {
  const registry = await services.registry();
  return registry.list().some(({ id }) => id === provider);
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
