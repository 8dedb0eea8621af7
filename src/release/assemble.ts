/**
 * Puts a release together from built programs: archives, hashes, manifest, signature, and what packages need.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  archiveName,
  formatManifest,
  MANIFEST_NAME,
  type ReleaseFile,
  SIGNATURE_NAME,
  SSH_SIGNATURE_NAME,
} from "../upgrade/manifest.ts";
import { type Packed, packTarball, packZip } from "./archive.ts";
import { fillInstaller } from "./installer.ts";
import type { BuiltProgram } from "./npm_packages.ts";
import type { Origin } from "./program.ts";
import type { ReleaseKey } from "./release_key.ts";
import { signForSsh } from "./ssh_signature.ts";

/** What a release is put together from. */
export interface Parts {
  /** The checkout. */
  readonly root: string;
  readonly origin: Origin;
  /** Absent in a trial without a signature. */
  readonly key: ReleaseKey | undefined;
  readonly programs: readonly BuiltProgram[];
  /** The man page, in roff. */
  readonly manual: string;
  /** The bill of materials, CycloneDX in JSON. */
  readonly materials: string;
}

/** Writes the release into `folder`, which is emptied before, and returns its files by name. */
export async function assemble(folder: string, parts: Parts): Promise<readonly ReleaseFile[]> {
  const { version, epochSeconds, commit, date } = parts.origin.facts;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const manual = join(folder, "keyfob.1");
  await Bun.write(manual, parts.manual);
  await Bun.write(join(folder, "keyfob.cdx.json"), parts.materials);
  await writeInstaller(folder, parts);
  for (const { platform, path } of parts.programs) {
    const packed: Packed[] = [
      { path, isProgram: true },
      { path: manual, isProgram: false },
      { path: join(parts.root, "LICENSE"), isProgram: false },
    ];
    const archive = join(folder, archiveName(version, platform.name));
    await Bun.write(archive, await packTarball(packed, epochSeconds));
    if (platform.program.endsWith(".exe")) {
      await packZip(packed, epochSeconds, archive.replace(/\.tar\.gz$/, ".zip"));
    }
  }
  const files = await hashFiles(folder);
  const manifest = formatManifest({ version, commit, date, files });
  await Bun.write(join(folder, MANIFEST_NAME), manifest);
  if (parts.key !== undefined) await writeSignatures(folder, manifest, parts.key);
  const sums = (await hashFiles(folder)).map(({ sha256, name }) => `${sha256}  ${name}\n`).join("");
  await Bun.write(join(folder, "SHA256SUMS"), sums);
  return files;
}

async function writeSignatures(folder: string, manifest: string, key: ReleaseKey): Promise<void> {
  await Bun.write(join(folder, SIGNATURE_NAME), `${key.sign(manifest)}\n`);
  await Bun.write(join(folder, SSH_SIGNATURE_NAME), signForSsh(manifest, key));
}

async function writeInstaller(folder: string, { root, origin }: Parts): Promise<void> {
  const template = await Bun.file(join(root, "src/install.sh")).text();
  await Bun.write(join(folder, "install.sh"), fillInstaller(template, origin));
  await copyFile(join(root, "LICENSE"), join(folder, "LICENSE"));
}

async function hashFiles(folder: string): Promise<ReleaseFile[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const content = await Bun.file(join(folder, name)).bytes();
      return { name, sha256: createHash("sha256").update(content).digest("hex"), size: content.length };
    }),
  );
}
