/**
 * The newest release: its signed manifest, and the program out of its archive.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { ConfigurationError, Refused } from "../errors.ts";
import type { Download } from "../guarded_download.ts";
import { archiveName, type Manifest, MANIFEST_NAME, parseManifest, SIGNATURE_NAME } from "./manifest.ts";
import { verifySignature } from "./signature.ts";

/** Bytes a manifest or a signature may have; a real one has 3 KiB. */
const LARGEST_MANIFEST = 256 * 1024;

/** Where releases are and who signs them. */
export interface ReleaseSource {
  /** Without a slash at the end. */
  readonly url: string;
  /** Ed25519, SPKI DER in base64. */
  readonly publicKey: string;
  readonly download: Download;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the newest release's manifest.
 *
 * @throws {Refused} `bad_signature`
 * @throws {Failed} `bad_manifest`, and what {@link Download} throws
 */
export async function readNewest(source: ReleaseSource): Promise<Manifest> {
  const [text, signature] = await Promise.all(
    [MANIFEST_NAME, SIGNATURE_NAME].map((name) =>
      fetchFile(source, `latest/download/${name}`, LARGEST_MANIFEST),
    ),
  );
  if (text === undefined || signature === undefined) throw new TypeError("Two files were asked for");
  await verifySignature(text, new TextDecoder().decode(signature), source.publicKey);
  return parseManifest(new TextDecoder().decode(text));
}

/**
 * Downloads the program called `program` for `platform`, checked against the manifest.
 *
 * @throws {ConfigurationError} `no_such_platform`
 * @throws {Refused} `bad_checksum`
 */
export async function fetchProgram(
  source: ReleaseSource,
  manifest: Manifest,
  { platform, program }: { readonly platform: string; readonly program: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const name = archiveName(manifest.version, platform);
  const file = manifest.files.find((candidate) => candidate.name === name);
  if (file === undefined) throw noSuchPlatform(manifest.version, platform);
  const archive = await fetchFile(source, `download/v${manifest.version}/${name}`, file.size);
  if (archive.length !== file.size || createHash("sha256").update(archive).digest("hex") !== file.sha256) {
    throw new Refused(`Cannot trust "${name}": it is not the file that was released`, {
      code: "bad_checksum",
      hint: "try again; nothing was changed",
    });
  }
  const packed = (await new Bun.Archive(archive).files()).get(program);
  if (packed === undefined) throw noSuchPlatform(manifest.version, platform);
  return await packed.bytes();
}

async function fetchFile(
  source: ReleaseSource,
  path: string,
  largest: number,
): Promise<Uint8Array<ArrayBuffer>> {
  return source.download({ url: address(source.url, path), largest, signal: source.signal });
}

function address(base: string, path: string): URL {
  const url = URL.parse(`${base.replace(/\/+$/, "")}/${path}`);
  if (url !== null) return url;
  throw new ConfigurationError(`Cannot use "${base}" as the address of releases`, { code: "bad_address" });
}

function noSuchPlatform(version: string, platform: string): ConfigurationError {
  return new ConfigurationError(`Cannot upgrade: keyfob ${version} has no program for "${platform}"`, {
    code: "no_such_platform",
  });
}
