/**
 * Homes, sessions and vaults for the tests of the vault room.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Attempt } from "../../src/oauth/attempt.ts";
import { type Paths, resolvePaths } from "../../src/paths.ts";
import type { AccountName, Session } from "../../src/vault/account.ts";
import { openVault, type Vault, type VaultOptions } from "../../src/vault/vault.ts";

export const GOOGLE: AccountName = { provider: "google", label: "default" };
export const WORK: AccountName = { provider: "google", label: "work" };

/** A folder of its own that goes when the test ends. */
export class Home implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "keyfob-vault-"));
  readonly notices: string[] = [];
  readonly paths: Paths;

  constructor() {
    this.paths = homePaths(join(this.folder, "home"));
  }

  open(options: Partial<VaultOptions> = {}): Promise<Vault> {
    return openVault({
      paths: this.paths,
      environment: {},
      now: () => new Date(),
      notice: (text) => void this.notices.push(text),
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function homePaths(folder: string): Paths {
  return resolvePaths({ environment: { KEYFOB_HOME: folder }, platform: "linux", homeFolder: "/nowhere" });
}

/** A session whose access token lives `seconds` more. */
export function sessionWith(seconds: number, refreshToken: string | null = "refresh-1"): Session {
  return {
    tokens: {
      accessToken: "access-1",
      tokenType: "Bearer",
      expiresAt: new Date(Date.now() + seconds * 1000),
      scope: ["openid"],
      ...(refreshToken === null ? {} : { refreshToken }),
    },
    subject: "subject-1",
    display: "person@example.org",
    client: { clientId: "client", authMethod: "none", origins: ["http://127.0.0.1"] },
    choices: { set: { tenant: "common" } },
    kept: { account_id: "acct-1" },
  };
}

export function attemptWith(state: string, seconds = 300): Attempt {
  return {
    provider: "google",
    label: "default",
    url: `https://id.example/authorize?state=${state}`,
    state,
    redirectUri: "http://127.0.0.1:8976/callback",
    codeVerifier: "verifier-that-nobody-may-see",
    scope: ["openid"],
    expiresAt: new Date(Date.now() + seconds * 1000),
    choices: {},
    client: { authMethod: "none", origins: [] },
  };
}

/** Waits until `check` holds; fails after five seconds. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end;) {
    if (await check()) return;
    await Bun.sleep(5);
  }
  throw new Error("what was waited for did not happen");
}
