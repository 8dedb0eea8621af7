/**
 * The installer of one release: `src/install.sh` with its key and its address filled in.
 *
 * @module
 */
import { Failed } from "../errors.ts";
import { sshPublicKey } from "./ssh_signature.ts";

/** The installer's text for a release; `template` is `src/install.sh`. */
export function fillInstaller(template: string, origin: { publicKey: string; url: string }): string {
  const values = {
    release_key: origin.publicKey,
    release_ssh_key: origin.publicKey === "" ? "" : sshPublicKey(origin.publicKey),
    release_url: origin.url,
  };
  return Object.entries(values).reduce((text, [name, value]) => fill(text, name, value), template);
}

/** The values are base64 or an address: none holds a quote, which is checked all the same. */
function fill(template: string, name: string, value: string): string {
  const empty = `${name}=''\n`;
  if (!template.includes(empty) || /['\n\\]/.test(value)) {
    throw new Failed(`Cannot fill in the installer: "${name}" has no place`, { code: "bad_installer" });
  }
  return template.replace(empty, () => `${name}='${value}'\n`);
}
