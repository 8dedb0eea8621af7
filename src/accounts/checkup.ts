/**
 * The check-up: what works on this machine, what does not, and the fix for each.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { Machine } from "../login/machine.ts";
import type { MachineFacts } from "../login/machine_facts.ts";
import type { Paths } from "../paths.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { Provider } from "../registry/provider.ts";
import type { Registry } from "../registry/registry.ts";
import type { AccountName } from "../vault/account.ts";
import { storePlace } from "../vault/store_place.ts";
import { checkAccount } from "./checkup_account.ts";
import { checkConfiguration, checkRegistry } from "./checkup_files.ts";
import { checkMachine, checkPorts } from "./checkup_machine.ts";
import { checkProvider, checkSurroundings } from "./checkup_network.ts";
import { checkKeptStores, checkStore } from "./checkup_store.ts";
import { badFinding, type Finding } from "./finding.ts";
import type { Services } from "./services.ts";

/** What to look at. */
export interface CheckupRequest {
  /** The account whose provider to look at; every provider that is ready where none is named. */
  readonly name?: AccountName | undefined;
  /** Whether the account itself was asked about, and not its provider alone. */
  readonly isAccount?: boolean;
  readonly facts: MachineFacts;
  readonly paths: Paths;
}

/** Everything that was found. */
export interface Checkup {
  readonly machine: Machine;
  /** Null where the store cannot be opened. */
  readonly keySource: string | null;
  /** The vault's file, or the PostgreSQL store's address without user and password; null where that is none. */
  readonly storePlace: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Looks at everything. Sends only requests for what providers publish, and resolves no secret.
 *
 * @throws {UsageError} where there is no such provider
 */
export async function checkUp(services: Services, request: CheckupRequest): Promise<Checkup> {
  const { facts, paths, name, isAccount } = request;
  const { machine, findings } = checkMachine(facts);
  const [registry, configuration, store, kept, providers, account] = await Promise.all([
    checkRegistry(services),
    checkConfiguration(services, paths),
    checkStore(services, paths),
    checkKeptStores(paths),
    checkProviders(services, request),
    name !== undefined && isAccount === true ? checkAccount(services, name) : [],
  ]);
  const surroundings = checkSurroundings(services.environment);
  return {
    machine,
    keySource: store.keySource,
    storePlace: (await orNothing(async () => storePlace(services.environment, paths))) ?? null,
    findings: [
      ...findings,
      ...surroundings,
      ...registry,
      ...configuration,
      ...store.findings,
      ...kept,
      ...providers,
      ...account,
    ],
  };
}

async function checkProviders(services: Services, { name }: CheckupRequest): Promise<Finding[]> {
  const registry = await orNothing(services.registry);
  if (registry === undefined) return [];
  if (name !== undefined) return await checkNamed(services, registry, name);
  const ready = registry.list().filter((summary) => summary.ready);
  const found = await Promise.all(
    ready.map(async ({ id }) => {
      const provider = resolved(registry, id, {});
      return provider instanceof KeyfobError
        ? [badFinding(id, provider)]
        : await checkOne(services, provider);
    }),
  );
  return found.flat();
}

/** With the variables of the login of that name, where there is one. */
async function checkNamed(services: Services, registry: Registry, name: AccountName): Promise<Finding[]> {
  const { provider: id } = name;
  const account = await orNothing(async () => await (await services.vault()).find(name));
  const provider = resolved(registry, id, account?.session.choices ?? {});
  if (!(provider instanceof KeyfobError)) return await checkOne(services, provider);
  const isUnknown = provider.code === "unknown_provider";
  if (isUnknown && registry.unused.length === 0) throw provider;
  if (isUnknown || provider.code === "broken_entry") return [behindRegistry(id, isUnknown)];
  if (provider.code === "missing_variable") return [withoutVariable(id, provider)];
  return [badFinding(id, provider)];
}

/** What stands in the way is said of the registry, with its fix. */
function behindRegistry(id: string, isUnknown: boolean): Finding {
  const message = isUnknown ? "not known without the registry file that is not used" : "its entry is broken";
  return {
    subject: id,
    state: "bad",
    message,
    fix: `mend the registry, as said of it, then: keyfob doctor ${id}`,
  };
}

/** The ordinary state of a template before its first login. */
function withoutVariable(id: string, { message, hint }: KeyfobError): Finding {
  const fix = ["keyfob login", id, ...(hint === undefined ? [] : [hint])].join(" ");
  return { subject: id, state: "note", message: `not looked at: ${message}`, fix };
}

function resolved(registry: Registry, id: string, choices: ProviderChoices): Provider | KeyfobError {
  try {
    return registry.resolve(id, choices);
  } catch (failure) {
    if (failure instanceof KeyfobError) return failure;
    throw failure;
  }
}

/** Of what cannot be opened the findings are made elsewhere. */
async function orNothing<Result>(open: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await open();
  } catch (failure) {
    if (failure instanceof KeyfobError) return undefined;
    throw failure;
  }
}

async function checkOne(services: Services, provider: Provider): Promise<Finding[]> {
  const [ports, network] = await Promise.all([checkPorts(provider), checkProvider(provider, services)]);
  return [...ports, ...network];
}
