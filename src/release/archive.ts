/**
 * Archives that are equal to the byte whenever their files are.
 *
 * @module
 */
import { chmod, copyFile, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { bytes, output } from "./tool.ts";

/** libdeflate's level: the last one that takes seconds; the highest saves 2 % and takes four times as long. */
const COMPRESSION_LEVEL = 9;

/** A file that goes into an archive, under its own name. */
export interface Packed {
  readonly path: string;
  readonly isProgram: boolean;
}

/**
 * Packs `files` flat, owned by nobody in particular, all of time `epochSeconds`, as tar.gz.
 *
 * @throws {Failed} `tool_failed`
 */
export async function packTarball(
  files: readonly Packed[],
  epochSeconds: number,
): Promise<Uint8Array<ArrayBuffer>> {
  await using stage = await stageFiles(files, epochSeconds);
  const tar = await bytes(
    ["tar", "--create", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--", ...stage.names],
    { folder: stage.folder, environment: { LC_ALL: "C" } },
  );
  return Bun.gzipSync(tar, { library: "libdeflate", level: COMPRESSION_LEVEL });
}

/**
 * Packs `files` as zip into the new file `to`; times are written as UTC, since the format knows no zones.
 *
 * @throws {Failed} `tool_failed`
 */
export async function packZip(files: readonly Packed[], epochSeconds: number, to: string): Promise<void> {
  await using stage = await stageFiles(files, epochSeconds);
  await rm(to, { force: true });
  await output(["zip", "-q", "-X", "-9", to, ...stage.names], {
    folder: stage.folder,
    environment: { TZ: "UTC", LC_ALL: "C" },
  });
}

/** Copies with the same modes and times everywhere, whatever the umask and the checkout gave the originals. */
async function stageFiles(files: readonly Packed[], epochSeconds: number) {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-release-"));
  const names: string[] = [];
  for (const { path, isProgram } of files) {
    const copy = join(folder, basename(path));
    await copyFile(path, copy);
    await chmod(copy, isProgram ? 0o755 : 0o644);
    await utimes(copy, epochSeconds, epochSeconds);
    names.push(basename(path));
  }
  return {
    folder,
    names: names.sort(),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
