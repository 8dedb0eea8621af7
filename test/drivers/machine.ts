/**
 * What most end-to-end tests begin with: an authorization server, and a machine whose registry has it as `local`.
 *
 * @module
 */
import { afterAll, afterEach, beforeAll, beforeEach } from "bun:test";
import { type OidcServer, startOidcServer } from "../servers/oidc.ts";
import { publicEntry } from "./login.ts";
import { createSandbox, type Sandbox } from "./sandbox.ts";

/** Both, as long as they live. */
export interface Machine {
  readonly server: OidcServer;
  readonly sandbox: Sandbox;
}

/** Makes them for the whole file, or anew for each of its tests, and tells `use`; takes them away afterwards. */
export function withMachine(lifetime: Lifetime, use: (machine: Machine) => unknown): void {
  let server: OidcServer | undefined;
  during(lifetime, startOidcServer, (started) => void (server = started));
  during(lifetime, createSandbox, async (sandbox) => {
    if (server === undefined) throw new Error("The server is made first");
    await sandbox.writeRegistry({ local: publicEntry(server) });
    await use({ server, sandbox });
  });
}

/** One server for the whole file, and for each test a sandbox of its own, whose registry is empty. */
export function withSandboxes(
  use: (machine: Machine) => unknown,
  make: () => Promise<Sandbox> = createSandbox,
): void {
  let server: OidcServer | undefined;
  during("file", startOidcServer, (started) => void (server = started));
  during("test", make, async (sandbox) => {
    if (server === undefined) throw new Error("The server is made first");
    await use({ server, sandbox });
  });
}

type Lifetime = "file" | "test";

/** Makes something before, tells `use`, and takes it away afterwards. */
function during<T extends AsyncDisposable>(
  lifetime: Lifetime,
  make: () => Promise<T>,
  use: (made: T) => unknown,
): void {
  const [before, after] = lifetime === "file" ? [beforeAll, afterAll] : [beforeEach, afterEach];
  let made: T | undefined;
  before(async () => {
    made = await make();
    await use(made);
  });
  after(() => made?.[Symbol.asyncDispose]());
}
