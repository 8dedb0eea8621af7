/**
 * Registry files in a folder of their own, for tests.
 *
 * @module
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Paths, resolvePaths } from "../../src/paths.ts";
import { openRegistry, type Registry } from "../../src/registry/registry.ts";

/** What stands in the files; an object is written as JSON. */
export interface RegistryFiles {
  readonly user?: object | string;
  readonly system?: object | string;
  readonly folder?: Readonly<Record<string, object | string>>;
}

/** An opened registry and where its files are. */
export interface OpenedRegistry extends AsyncDisposable {
  readonly registry: Registry;
  readonly paths: Paths;
  readonly systemFile: string;
}

/** Writes the files and opens the registry on them. */
export async function registryOf(files: RegistryFiles): Promise<OpenedRegistry> {
  const home = await mkdtemp(join(tmpdir(), "keyfob-registry-"));
  const paths = resolvePaths({ environment: { KEYFOB_HOME: home }, platform: "linux", homeFolder: home });
  const systemFile = join(home, "etc", "providers.json");
  if (files.user !== undefined) await write(paths.registryFile, files.user);
  if (files.system !== undefined) await write(systemFile, files.system);
  for (const [name, content] of Object.entries(files.folder ?? {})) {
    await write(join(paths.registryFolder ?? home, name), content);
  }
  const registry = await openRegistry({ paths, systemFile });
  return { registry, paths, systemFile, [Symbol.asyncDispose]: () => rm(home, { recursive: true }) };
}

/** `entries` as the content of a registry file. */
export function providers(entries: Readonly<Record<string, unknown>>): object {
  return { providers: entries };
}

async function write(path: string, content: object | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content), { mode: 0o600 });
  await chmod(path, 0o600);
}
