/**
 * Asks the endpoints of providers whether they are alive, without credentials, and whether metadata agrees with them.
 *
 * @module
 */
import { KeyfobError, Unavailable } from "../errors.ts";
import type { GuardedFetch, GuardedRequest } from "../guarded_fetch.ts";
import { discover } from "../oauth/discovery.ts";
import { addresses } from "../registry/addresses.ts";
import { starredAddress } from "../registry/fixed_secrets.ts";
import type { Provider } from "../registry/provider.ts";
import type { Registry } from "../registry/registry.ts";
import type { Services } from "./services.ts";

/** Requests under way at once: enough to be quick, too few to look like an attack. */
const CONCURRENCY = 8;

/** Milliseconds that one request may take. */
const PATIENCE_MILLISECONDS = 10_000;

/** What asking found. `dead`: nothing can come of it; `differs`: metadata says otherwise; `unreachable`: not known now. */
export interface Finding {
  readonly provider: string;
  readonly field: string;
  readonly url: string;
  readonly kind: "dead" | "differs" | "unreachable";
  readonly message: string;
}

/** What was found, and how much was asked. */
export interface OnlineCheck {
  readonly asked: number;
  /** Providers that need a variable first, or are broken. */
  readonly skipped: readonly string[];
  /** In the order of the providers. */
  readonly findings: readonly Finding[];
}

/** A finding, and whether no connection could be made at all. */
interface Observation extends Finding {
  readonly isSilent: boolean;
}

/** One thing to ask. */
type Question = () => Promise<Observation[]>;

/** Asks the endpoints of the providers `ids` of `registry`. */
export async function checkOnline(
  services: Pick<Services, "fetch">,
  { registry, ids }: { readonly registry: Registry; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<OnlineCheck> {
  const skipped: string[] = [];
  const fetch = patient(services.fetch, signal);
  const questions = ids.flatMap((id) => {
    const provider = resolvable(registry, id);
    if (provider === undefined) skipped.push(id);
    return provider === undefined ? [] : questionsTo(provider, fetch);
  });
  const answers = await inTurns(questions, signal);
  const isOnline = answers.some((trouble) => !trouble.some(({ isSilent }) => isSilent));
  return {
    asked: questions.length,
    skipped,
    findings: answers.flat().map((trouble) => judge(trouble, isOnline)),
  };
}

/** Where others answer, a host that nobody finds is dead; where none does, it is our own network. */
function judge({ isSilent, ...finding }: Observation, isOnline: boolean): Finding {
  return isSilent && isOnline ? { ...finding, kind: "dead" } : finding;
}

function resolvable(registry: Registry, id: string): Provider | undefined {
  try {
    return registry.resolve(id, {});
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}

/** Runs them a few at a time and gives the answers in order. */
async function inTurns(questions: readonly Question[], signal: AbortSignal): Promise<Observation[][]> {
  const answers: Observation[][] = questions.map(() => []);
  const queue = questions.entries();
  const worker = async (): Promise<void> => {
    for (const [index, question] of queue) {
      signal.throwIfAborted();
      answers[index] = await question();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return answers;
}

function questionsTo(provider: Provider, fetch: GuardedFetch): Question[] {
  // Placeholders are filled in during a login; without one there is no address to ask.
  const known = addresses(provider).filter(
    ({ path, template }) => path[0] !== "issuer" && !template.includes("{"),
  );
  const asked = new Map(known.map(({ path, template }) => [template, path.join(".")]));
  const questions: Question[] = Array.from(
    asked,
    ([url, field]) =>
      () =>
        askEndpoint(provider, { field, url }, fetch),
  );
  const { issuer, discovery } = provider;
  const compares = discovery === "fill" && issuer !== undefined;
  return compares ? [...questions, () => compare(provider, issuer, fetch)] : questions;
}

interface Asked {
  readonly field: string;
  readonly url: string;
}

async function askEndpoint(
  { id }: Provider,
  { field, url }: Asked,
  fetch: GuardedFetch,
): Promise<Observation[]> {
  const trouble = await troubleWith({ field, url }, fetch);
  return trouble === undefined ? [] : [{ provider: id, field, url: starredAddress(url), ...trouble }];
}

type Trouble = Pick<Observation, "kind" | "message" | "isSilent">;

async function troubleWith({ field, url }: Asked, fetch: GuardedFetch): Promise<Trouble | undefined> {
  try {
    const { status } = await fetch(requestFor(field, new URL(url)));
    const message = `it answers ${status}`;
    if (status === 404 || status === 410) return { kind: "dead", message, isSilent: false };
    return status >= 500 ? { kind: "unreachable", message, isSilent: false } : undefined;
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    // A sign-in page may well lead on; an endpoint that gets secrets must not.
    if (failure.code === "endpoint_redirects" && isForPeople(field)) return undefined;
    return troubleOf(failure);
  }
}

function troubleOf(failure: KeyfobError): Trouble {
  const isUnavailable = failure instanceof Unavailable;
  const kind = isUnavailable ? "unreachable" : "dead";
  return { kind, message: failure.message, isSilent: isUnavailable && !failure.sent };
}

/** Nothing that is sent can make or end anything: an empty form where forms are expected, else a plain GET. */
function requestFor(field: string, url: URL): GuardedRequest {
  if (!isForForms(field)) return { url };
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  return { url, method: "POST", headers, body: "" };
}

function isForPeople(field: string): boolean {
  return /^(?:authorization_endpoint|authorize\.endpoint|device\.verification_uri)$/.test(field);
}

/** Endpoints of RFC 6749, 7009, 7662, 8628 and 9126. An empty POST elsewhere might register or change something. */
function isForForms(field: string): boolean {
  return /^(?:token|refresh|device_authorization|revocation|introspection|pushed_authorization_request)(?:_endpoint|\.endpoint)$/.test(
    field,
  );
}

const COMPARED = [
  "authorization_endpoint",
  "token_endpoint",
  "device_authorization_endpoint",
  "revocation_endpoint",
  "introspection_endpoint",
  "userinfo_endpoint",
  "jwks_uri",
] as const;

async function compare(provider: Provider, issuer: string, fetch: GuardedFetch): Promise<Observation[]> {
  const { id } = provider;
  try {
    const metadata = await discover(issuer, fetch, { issuerTemplate: provider.id_token?.issuer });
    return COMPARED.flatMap((field): Observation[] => {
      const [url, published] = [provider[field], metadata[field]];
      if (url === undefined || published === undefined || url === published) return [];
      return [
        {
          provider: id,
          field,
          url: starredAddress(url),
          kind: "differs",
          message: `metadata says ${published}`,
          isSilent: false,
        },
      ];
    });
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    return [{ provider: id, field: "issuer", url: issuer, ...troubleOf(failure) }];
  }
}

function patient(fetch: GuardedFetch, signal: AbortSignal): GuardedFetch {
  return (request) => fetch({ ...request, signal, deadline: new Date(Date.now() + PATIENCE_MILLISECONDS) });
}
