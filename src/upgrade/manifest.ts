/**
 * The release manifest: the one signed text, which binds a version to the hashes of its files.
 *
 * Plain lines, so that the installer's POSIX shell reads it too.
 *
 * @module
 */
import { Failed } from "../errors.ts";

/** Name of the manifest among the files of a release; its signature stands beside it. */
export const MANIFEST_NAME = "keyfob.manifest";
/** Name of the signature: Ed25519 over the manifest's bytes, in base64. */
export const SIGNATURE_NAME = `${MANIFEST_NAME}.sig`;
/** The same by the same key in OpenSSH's form, for the installer. */
export const SSH_SIGNATURE_NAME = `${MANIFEST_NAME}.sshsig`;

/** One file of a release. */
export interface ReleaseFile {
  readonly name: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** What a release says of itself. */
export interface Manifest {
  readonly version: string;
  readonly commit: string;
  /** RFC 3339, of the commit. */
  readonly date: string;
  readonly files: readonly ReleaseFile[];
}

const FIRST_LINE = "keyfob-release 1";
const VERSION_LINE = /^version (\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/;
const COMMIT_LINE = /^commit (\S+)$/;
const DATE_LINE = /^date (\S+)$/;
const FILE_LINE = /^file ([0-9a-f]{64}) (\d{1,12}) ([A-Za-z0-9][A-Za-z0-9._+-]*)$/;

/** The text that is signed. */
export function formatManifest({ version, commit, date, files }: Manifest): string {
  const lines = files.map(({ sha256, size, name }) => `file ${sha256} ${size} ${name}`);
  return [FIRST_LINE, `version ${version}`, `commit ${commit}`, `date ${date}`, ...lines, ""].join("\n");
}

/**
 * Reads a manifest whose signature has been checked.
 *
 * @throws {Failed} `bad_manifest`
 */
export function parseManifest(text: string): Manifest {
  const [first, version = "", commit = "", date = "", ...rest] = text.split("\n");
  if (first !== FIRST_LINE || rest.pop() !== "") throw badManifest("it is of another kind");
  return {
    version: read(VERSION_LINE, version),
    commit: read(COMMIT_LINE, commit),
    date: read(DATE_LINE, date),
    files: rest.map(parseFile),
  };
}

/** Name of the archive of `version` for `platform`. */
export function archiveName(version: string, platform: string): string {
  return `keyfob-${version}-${platform}.tar.gz`;
}

function parseFile(line: string): ReleaseFile {
  const [, sha256 = "", size = "", name = ""] = FILE_LINE.exec(line) ?? [];
  if (name === "") throw badManifest("a line of a file is not as it must be");
  return { name, sha256, size: Number(size) };
}

function read(pattern: RegExp, line: string): string {
  const found = pattern.exec(line)?.[1];
  if (found === undefined) throw badManifest("a line is not as it must be");
  return found;
}

function badManifest(why: string): Failed {
  return new Failed(`Cannot read the release manifest: ${why}`, { code: "bad_manifest" });
}
