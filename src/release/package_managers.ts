/**
 * What package managers install a release by: a Homebrew formula and a Nix expression, both made from its hashes.
 *
 * @module
 */
import metadata from "../../package.json" with { type: "json" };
import { archiveName, type ReleaseFile } from "../upgrade/manifest.ts";

/** A release as package managers see it. */
export interface Published {
  readonly version: string;
  /** Where releases are. */
  readonly url: string;
  readonly files: readonly ReleaseFile[];
}

/** `keyfob.rb`. */
export function homebrewFormula(release: Published): string {
  return `# Made by the release; edits are lost.
class Keyfob < Formula
  desc "${metadata.description}"
  homepage "${release.url}"
  version "${release.version}"
  license "${metadata.license}"

  on_macos do
${homebrewArchive(release, "arm", "darwin-arm64")}
${homebrewArchive(release, "intel", "darwin-x64")}
  end

  on_linux do
${homebrewArchive(release, "arm", "linux-arm64")}
${homebrewArchive(release, "intel", "linux-x64-baseline")}
  end

  def install
    bin.install "keyfob"
    man1.install "keyfob.1"
    generate_completions_from_executable(bin/"keyfob", "completions")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/keyfob --version")
  end
end
`;
}

function homebrewArchive(release: Published, processor: string, platform: string): string {
  return `    on_${processor} do
      url "${address(release, platform)}"
      sha256 "${hash(release, platform)}"
    end`;
}

/** `keyfob.nix`, for \`callPackage\`. The program is patched for Nix's loader; stripping would cut off its payload. */
export function nixExpression(release: Published): string {
  return `# Made by the release; edits are lost.
{ lib, stdenv, fetchurl, autoPatchelfHook, installShellFiles }:

let
  sources = {
${nixSource(release, "x86_64-linux", "linux-x64-baseline")}
${nixSource(release, "aarch64-linux", "linux-arm64")}
${nixSource(release, "x86_64-darwin", "darwin-x64")}
${nixSource(release, "aarch64-darwin", "darwin-arm64")}
  };
in
stdenv.mkDerivation {
  pname = "keyfob";
  version = "${release.version}";
  src = fetchurl sources.\${stdenv.hostPlatform.system};
  sourceRoot = ".";
  nativeBuildInputs = [ installShellFiles ] ++ lib.optional stdenv.hostPlatform.isLinux autoPatchelfHook;
  dontStrip = true;
  installPhase = ''
    runHook preInstall
    install -D -m 755 keyfob $out/bin/keyfob
    installManPage keyfob.1
    runHook postInstall
  '';
  meta = {
    description = "${metadata.description}";
    homepage = "${release.url}";
    license = lib.licenses.mit;
    mainProgram = "keyfob";
    platforms = lib.attrNames sources;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
`;
}

function nixSource(release: Published, system: string, platform: string): string {
  return `    ${system} = {
      url = "${address(release, platform)}";
      sha256 = "${hash(release, platform)}";
    };`;
}

function address({ url, version }: Published, platform: string): string {
  return `${url}/download/v${version}/${archiveName(version, platform)}`;
}

function hash({ version, files }: Published, platform: string): string {
  const name = archiveName(version, platform);
  const file = files.find((candidate) => candidate.name === name);
  if (file === undefined) throw new TypeError(`The release does not hold "${name}"`);
  return file.sha256;
}
