/**
 * The registry file of a sandbox, and `keyfob providers add` for the server of the test.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OidcServer } from "../servers/oidc.ts";
import type { Outcome, Sandbox } from "./sandbox.ts";

export function registryFile(sandbox: Sandbox): string {
  return join(sandbox.home, "providers.json");
}

/** What lies in the sandbox's home besides the settings that it began with. */
export async function written(sandbox: Sandbox): Promise<string[]> {
  return (await readdir(sandbox.home)).filter((name) => name !== "config.json");
}

export async function readRegistry(
  sandbox: Sandbox,
): Promise<{ $schema?: string; providers: Record<string, unknown> }> {
  return JSON.parse(await readFile(registryFile(sandbox), "utf8"));
}

/** `keyfob providers add local` with the issuer of `server`, and `more` flags. */
export function addLocal(
  { server, sandbox }: { readonly server: OidcServer; readonly sandbox: Sandbox },
  ...more: readonly string[]
): Promise<Outcome> {
  return sandbox.run(["providers", "add", "local", "--issuer", server.issuer, ...more]);
}
