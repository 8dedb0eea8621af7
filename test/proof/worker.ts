/**
 * `keyfob token local` from the sources, with a short lease and a clock that is off: `bun worker.ts HOME LEASE SKEW TASK`.
 *
 * @module
 */
import { createRefresher } from "../../src/accounts/refresher.ts";
import type { Services } from "../../src/accounts/services.ts";
import { KeyfobError } from "../../src/errors.ts";
import { createGuardedFetch } from "../../src/guarded_fetch.ts";
import { resolvePaths } from "../../src/paths.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import { type Vault, openVault } from "../../src/vault/vault.ts";
import type { Refresher } from "../../src/vault/refresher.ts";

const [home = "", lease = "", skew = "", task = ""] = process.argv.slice(2);
const environment = { KEYFOB_HOME: home };
const paths = resolvePaths({ environment, platform: "linux", homeFolder: "/nowhere" });
const now = (): Date => new Date(Date.now() + Number(skew));

function servicesOver(vault: Vault): Services {
  return {
    registry: () => openRegistry({ paths }),
    vault: async () => vault,
    fetch: createGuardedFetch(),
    environment,
    now,
    notice: (text: string) => console.error(text),
    seeThrough: (_what: string, work: () => Promise<unknown>) => work(),
    paths,
  } as unknown as Services;
}

/** Stops this process itself at the moment before it would take the lease for its request. */
function stoppingBeforeRequest(refresher: Refresher): Refresher {
  return {
    recover: (session, rawAnswer, receivedAt) => refresher.recover(session, rawAnswer, receivedAt),
    refresh: (session, tools) => {
      console.error("stopping");
      process.kill(process.pid, "SIGSTOP");
      return refresher.refresh(session, tools);
    },
  };
}

const vault = await openVault({
  paths,
  environment,
  now,
  leaseMilliseconds: Number(lease),
  notice: (text) => console.error(text),
});
try {
  const refresher = createRefresher(servicesOver(vault), { provider: "local", label: "default" });
  const chosen = task === "stop" ? stoppingBeforeRequest(refresher) : refresher;
  const { account } = await vault.fresh(
    { provider: "local", label: "default" },
    { minValidSeconds: 60, refresher: chosen },
  );
  console.log(account.session.tokens.accessToken);
} catch (failure) {
  if (!(failure instanceof KeyfobError)) throw failure;
  console.error(failure.code, failure.message);
  process.exitCode = failure.exitStatus;
}
await vault.close();
