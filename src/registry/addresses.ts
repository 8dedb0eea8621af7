/**
 * Every address in an entry, with its path, and who gets what there.
 *
 * @module
 */
import type { JsonPath } from "./jsonc.ts";
import { CREDENTIAL_ENDPOINTS } from "./provider.ts";
import type { Entry, Step } from "./schema.ts";

/** The parts of an entry that hold addresses; a resolved provider has them too. */
export type Addressed = Pick<
  Entry,
  | (typeof CREDENTIAL_ENDPOINTS)[number]
  | "issuer"
  | "authorization_endpoint"
  | "jwks_uri"
  | "authorize"
  | "token"
  | "refresh"
  | "device"
  | "exchange"
  | "whoami"
  | "revoke"
>;

/** One address, as its template. */
export interface Address {
  readonly path: JsonPath;
  readonly template: string;
  /**
   * Whether a client secret, a code, a token or the person's password goes there. `issuer` and `jwks_uri` only
   * answer; what an issuer's metadata names is another matter, see `binding.ts`.
   */
  readonly receives: boolean;
}

/** One request block and where it stands. */
export interface PlacedStep {
  readonly path: JsonPath;
  readonly step: Step;
}

/** Every address of `entry`. */
export function addresses(entry: Addressed): Address[] {
  const fields = [...CREDENTIAL_ENDPOINTS, "authorization_endpoint", "issuer", "jwks_uri"] as const;
  const named = fields.map((field) =>
    addressAt([field], entry[field], field !== "issuer" && field !== "jwks_uri"),
  );
  const stepped = steps(entry).map(({ path, step }) => addressAt([...path, "endpoint"], step.endpoint, true));
  const page = addressAt(["device", "verification_uri"], entry.device?.verification_uri, true);
  return [...named, ...stepped, page].filter((address) => address !== undefined);
}

/** Every request block of `entry`. */
export function steps(entry: Addressed): PlacedStep[] {
  const placed: [JsonPath, Step | false | undefined][] = [
    [["authorize"], entry.authorize],
    [["token"], entry.token],
    [["refresh"], entry.refresh],
    [["device", "request"], entry.device?.request],
    [["device", "poll"], entry.device?.poll],
    ...(entry.exchange ?? []).map((step, index): [JsonPath, Step] => [["exchange", index], step]),
    [["whoami"], entry.whoami],
    [["revoke"], entry.revoke],
  ];
  return placed.flatMap(([path, step]) => (step === undefined || step === false ? [] : [{ path, step }]));
}

function addressAt(path: JsonPath, template: string | undefined, receives: boolean): Address | undefined {
  return template === undefined ? undefined : { path, template, receives };
}
