/**
 * Checks the way to the providers: proxy, certificate authorities, whether they answer, and what time they have.
 *
 * @module
 */
import { readNamedAuthorities } from "../certificate_authorities.ts";
import { Failed, KeyfobError } from "../errors.ts";
import type { GuardedFetch } from "../guarded_fetch.ts";
import { wellKnownAddresses } from "../oauth/discovery.ts";
import { describeProxy, proxyFor, refuseUnusableProxy } from "../proxy.ts";
import type { Provider } from "../registry/provider.ts";
import { badFinding, type Finding } from "./finding.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Seconds a clock may be off before id_tokens look too new or too old. */
const TOLERABLE_SECONDS = 30;
/** Milliseconds a provider gets to answer: a check-up is waited for. */
const PATIENCE = 10_000;

/** What the environment says of proxies and authorities. */
export function checkSurroundings(environment: Environment): Finding[] {
  return [checkProxy(environment), ...checkAuthorities(environment)];
}

function checkProxy(environment: Environment): Finding {
  const subject = "proxy";
  const proxy = proxyFor(new URL("https://provider.invalid/"), environment);
  if (proxy === undefined) return { subject, state: "good", message: "none" };
  try {
    refuseUnusableProxy(proxy);
  } catch (failure) {
    if (failure instanceof KeyfobError) return badFinding(subject, failure);
    throw failure;
  }
  return { subject, state: "good", message: `${describeProxy(proxy)}; loopback is always direct` };
}

function checkAuthorities(environment: Environment): Finding[] {
  const { authorities, stale } = readNamedAuthorities(environment);
  const subject = "certificates";
  const left = stale.map(({ variable, path }): Finding => ({
    subject,
    state: "note",
    message: `${variable} names "${path}", which holds no certificates`,
    fix: `correct or unset ${variable}`,
  }));
  if (left.length > 0) return left;
  const message = authorities.length === 0 ? "the usual authorities" : "the usual authorities and your own";
  return [{ subject, state: "good", message }];
}

/** Whether `provider` answers, and how far this machine's clock is from its own. */
export async function checkProvider(
  provider: Provider,
  { fetch, now }: { readonly fetch: GuardedFetch; readonly now: () => Date },
): Promise<Finding[]> {
  const address = addressOf(provider);
  if (address === undefined) return [];
  const subject = `way to ${provider.id}`;
  const before = now().getTime();
  try {
    const { headers } = await fetch({ url: address, deadline: new Date(before + PATIENCE) });
    const after = now().getTime();
    const reached: Finding = { subject, state: "good", message: `"${address.host}" answers` };
    return [reached, checkClock(provider.id, headers.get("date"), (before + after) / 2)];
  } catch (failure) {
    // An answer that leads elsewhere is an answer.
    if (failure instanceof Failed) return [{ subject, state: "good", message: `"${address.host}" answers` }];
    if (failure instanceof KeyfobError) return [badFinding(subject, failure)];
    throw failure;
  }
}

/** Something that is published, and so asked for without harm. */
function addressOf(provider: Provider): URL | undefined {
  const { jwks_uri: keys, issuer, discovery, token_endpoint: token } = provider;
  if (keys !== undefined) return new URL(keys);
  if (issuer !== undefined && discovery === "fill") return wellKnownAddresses(issuer).at(-1);
  return token === undefined || token.includes("{") ? undefined : new URL(token);
}

function checkClock(id: string, date: string | null, now: number): Finding {
  const subject = `clock against ${id}`;
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return { subject, state: "note", message: "it does not say what time it has" };
  const seconds = Math.round((now - theirs) / 1000);
  const off = Math.abs(seconds);
  // Their header has whole seconds.
  if (off <= 1) return { subject, state: "good", message: "the same time" };
  const message = `this machine is ${off} seconds ${seconds > 0 ? "ahead" : "behind"}`;
  if (off <= TOLERABLE_SECONDS) return { subject, state: "good", message };
  return { subject, state: "bad", message, fix: "set the clock: timedatectl set-ntp true" };
}
