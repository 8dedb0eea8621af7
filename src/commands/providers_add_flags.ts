/**
 * The flags of `keyfob providers add`, and what they say about the entry.
 *
 * @module
 */
import type { EntryFields } from "../accounts/provider_add.ts";
import { UsageError } from "../errors.ts";

/** Flags that are fields of the entry, by their names there. */
const ENDPOINT_FLAGS = [
  "authorization_endpoint",
  "token_endpoint",
  "device_authorization_endpoint",
  "revocation_endpoint",
  "userinfo_endpoint",
  "jwks_uri",
] as const;

/** Parsed flags of `keyfob providers add`. */
export interface AddFlags {
  readonly id?: string | undefined;
  readonly issuer?: string | undefined;
  readonly name?: string | undefined;
  readonly endpoints: Readonly<Partial<Record<(typeof ENDPOINT_FLAGS)[number], string>>>;
  readonly clientId?: string | undefined;
  readonly clientSecretFile?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly redirectPort?: "any" | "registered" | number | undefined;
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly json: boolean;
}

/** Whether the flags say where the provider is; without, they give a client to one that is known. */
export function isAddressed({ issuer, endpoints }: AddFlags): boolean {
  return issuer !== undefined || Object.keys(endpoints).length > 0;
}

/** That the id is taken. */
export function exists(id: string): UsageError {
  return new UsageError(`Cannot add "${id}": there is such a provider`, {
    code: "provider_exists",
    hint: `choose another id, or leave --issuer and endpoints out to give "${id}" a client; keyfob providers show ${id}`,
  });
}

/** The fields that flags give besides addresses. */
export function clientFields(flags: AddFlags, clientId: string | undefined): EntryFields {
  const { name, scopes, redirectPort } = flags;
  return {
    ...(name === undefined ? {} : { name }),
    ...(clientId === undefined ? {} : { client_id: clientId }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(redirectPort === undefined ? {} : { redirect: { port: redirectPort } }),
  };
}
