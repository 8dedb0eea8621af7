/**
 * The bill of materials: every package whose code is in the program, and the runtime it is built on (CycloneDX 1.6).
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import metadata from "../../package.json" with { type: "json" };
import type { SourceFacts } from "./source_facts.ts";

/** A package of `bun.lock`: its exact name and version, and what it needs. */
interface Locked {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly needs: readonly string[];
}

/** The document of the checkout in `root`, as JSON. No serial number: two builds of one commit are equal. */
export async function describeMaterials(root: string, facts: SourceFacts): Promise<string> {
  const locked = readLock(await readFile(join(root, "bun.lock"), "utf8"));
  const program = new Models.Component(Enums.ComponentType.Application, metadata.name, {
    version: facts.version,
    bomRef: metadata.name,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense(metadata.license)]),
    purl: `pkg:npm/${metadata.name}@${facts.version}`,
  });
  const components = new Map<string, Models.Component>();
  for (const name of Object.keys(metadata.dependencies)) {
    program.dependencies.add((await add(name, { root, locked, components })).bomRef);
  }
  const runtime = runtimeComponent();
  program.dependencies.add(runtime.bomRef);
  const bom = new Models.Bom({
    components: new Models.ComponentRepository([runtime, ...components.values()]),
    metadata: new Models.Metadata({ component: program, timestamp: new Date(facts.epochSeconds * 1000) }),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** Bun is inside the program, and brings JavaScriptCore, BoringSSL and SQLite with it. */
function runtimeComponent(): Models.Component {
  const { bun: version } = metadata.devDependencies;
  return new Models.Component(Enums.ComponentType.Framework, "bun", {
    version,
    bomRef: `bun@${version}`,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense("MIT")]),
    purl: `pkg:npm/bun@${version}`,
  });
}

interface Walk {
  readonly root: string;
  readonly locked: ReadonlyMap<string, Locked>;
  readonly components: Map<string, Models.Component>;
}

async function add(name: string, walk: Walk): Promise<Models.Component> {
  const known = walk.components.get(name);
  if (known !== undefined) return known;
  const locked = walk.locked.get(name);
  if (locked === undefined) throw new TypeError(`bun.lock does not hold "${name}"`);
  const component = await componentOf(locked, walk.root);
  walk.components.set(name, component);
  for (const needed of locked.needs) component.dependencies.add((await add(needed, walk)).bomRef);
  return component;
}

async function componentOf({ name, version, integrity }: Locked, root: string): Promise<Models.Component> {
  const installed = await readFile(join(root, "node_modules", name, "package.json"), "utf8");
  const { license } = JSON.parse(installed) as { license?: string };
  const hash = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  return new Models.Component(Enums.ComponentType.Library, name, {
    version,
    bomRef: `${name}@${version}`,
    licenses: new Models.LicenseRepository(license === undefined ? [] : [new Models.SpdxLicense(license)]),
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-512"], hash]]),
  });
}

function readLock(text: string): Map<string, Locked> {
  const { packages } = Bun.JSONC.parse(text) as { packages: Record<string, [string, string, Needs, string]> };
  return new Map(
    Object.entries(packages).map(([key, [identity, , { dependencies = {} }, integrity]]) => {
      const at = identity.lastIndexOf("@");
      return [
        key,
        {
          name: identity.slice(0, at),
          version: identity.slice(at + 1),
          integrity,
          needs: Object.keys(dependencies),
        },
      ];
    }),
  );
}

interface Needs {
  readonly dependencies?: Readonly<Record<string, string>>;
}
