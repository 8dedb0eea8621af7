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
export function withMachine(lifetime: "file" | "test", use: (machine: Machine) => unknown): void {
  const [before, after] = lifetime === "file" ? [beforeAll, afterAll] : [beforeEach, afterEach];
  let machine: Machine | undefined;
  before(async () => {
    machine = { server: await startOidcServer(), sandbox: await createSandbox() };
    await machine.sandbox.writeRegistry({ local: publicEntry(machine.server) });
    await use(machine);
  });
  after(async () => {
    await machine?.sandbox[Symbol.asyncDispose]();
    await machine?.server[Symbol.asyncDispose]();
  });
}
