/**
 * The operating system's keychain.
 *
 * @module
 */

/** A place for small secrets that the operating system keeps. Any call may fail. */
export interface Keychain {
  /** Null where there is no such entry; on Linux also where the keyring is locked. */
  read(name: string): Promise<string | null>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The service name under which the entries are listed. */
const SERVICE = "keyfob";

/** Milliseconds the keychain may take: a locked one may wait for a dialog that nobody sees. */
const PATIENCE = 2000;

/** The keychain of this machine; undefined on a Linux without a D-Bus session, where asking may hang. */
export function systemKeychain(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): Keychain | undefined {
  if (platform !== "darwin" && platform !== "win32" && !environment["DBUS_SESSION_BUS_ADDRESS"])
    return undefined;
  return {
    read: (name) => inTime(Bun.secrets.get({ service: SERVICE, name })),
    write: (name, value) => inTime(Bun.secrets.set({ service: SERVICE, name, value })),
    remove: async (name) => void (await inTime(Bun.secrets.delete({ service: SERVICE, name }))),
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the keychain did not answer in time")), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
