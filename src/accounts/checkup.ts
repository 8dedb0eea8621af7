/**
 * The check-up: what works on this machine, what does not, and the fix for each.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import type { Machine } from "../login/machine.ts";
import type { MachineFacts } from "../login/machine_facts.ts";
import type { Paths } from "../paths.ts";
import type { Provider } from "../registry/provider.ts";
import { checkConfiguration, checkKeptStores, checkRegistry, checkStore } from "./checkup_files.ts";
import { checkMachine, checkPorts } from "./checkup_machine.ts";
import { checkProvider, checkSurroundings } from "./checkup_network.ts";
import { badFinding, type Finding } from "./finding.ts";
import type { Services } from "./services.ts";

/** What to look at. */
export interface CheckupRequest {
  /** The provider to look at; those that are ready where none is named. */
  readonly provider?: string | undefined;
  readonly facts: MachineFacts;
  readonly paths: Paths;
}

/** Everything that was found. */
export interface Checkup {
  readonly machine: Machine;
  /** Null where the store cannot be opened. */
  readonly keySource: string | null;
  readonly findings: readonly Finding[];
}

/**
 * Looks at everything. Sends only requests for what providers publish, and resolves no secret.
 *
 * @throws {UsageError} where there is no such provider
 */
export async function checkUp(services: Services, request: CheckupRequest): Promise<Checkup> {
  const { facts, paths } = request;
  const { machine, findings } = checkMachine(facts);
  const [registry, configuration, store, kept, providers] = await Promise.all([
    checkRegistry(services),
    checkConfiguration(services),
    checkStore(services, paths),
    checkKeptStores(paths),
    checkProviders(services, request),
  ]);
  const surroundings = checkSurroundings(services.environment);
  return {
    machine,
    keySource: store.keySource,
    findings: [
      ...findings,
      ...surroundings,
      ...registry,
      ...configuration,
      ...store.findings,
      ...kept,
      ...providers,
    ],
  };
}

async function checkProviders(services: Services, { provider: id }: CheckupRequest): Promise<Finding[]> {
  const registry = await services.registry().catch(() => undefined);
  if (registry === undefined) return [];
  const ready = registry.list().filter((summary) => summary.ready);
  const ids = id === undefined ? ready.map((summary) => summary.id) : [id];
  const found = await Promise.all(
    ids.map(async (each) => {
      try {
        return await checkOne(services, registry.resolve(each, {}));
      } catch (failure) {
        if (id === undefined && failure instanceof KeyfobError) return [badFinding(each, failure)];
        throw failure;
      }
    }),
  );
  return found.flat();
}

async function checkOne(services: Services, provider: Provider): Promise<Finding[]> {
  const [ports, network] = await Promise.all([checkPorts(provider), checkProvider(provider, services)]);
  return [...ports, ...network];
}
