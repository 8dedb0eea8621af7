/**
 * gnome-keyring on a D-Bus of its own, as a desktop session has it.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export interface Keyring extends AsyncDisposable {
  /** What a program of this session has in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Locks every keyring, as a screen lock may. */
  lock(): void;
  /** Unlocks it with the person's password. */
  unlock(): Promise<void>;
}

const PASSWORD = "correct horse";

/** Starts both in `folder`. Needs the packages dbus and gnome-keyring. */
export async function startKeyring(folder: string): Promise<Keyring> {
  const runtime = join(folder, "run");
  for (const name of ["run", "data", "config"])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const base = {
    PATH: "/usr/bin:/bin",
    HOME: folder,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(folder, "data"),
    XDG_CONFIG_HOME: join(folder, "config"),
  };
  const bus = Bun.spawn(["dbus-daemon", "--session", "--nofork", "--print-address"], {
    env: base,
    stdout: "pipe",
    stderr: "ignore",
  });
  const address = await firstLine(bus.stdout);
  const environment = { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime };
  let daemon: Bun.Subprocess | undefined;
  const unlock = async (): Promise<void> => {
    daemon?.kill();
    await daemon?.exited;
    daemon = Bun.spawn(["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"], {
      env: { ...base, ...environment },
      stdin: new Blob([PASSWORD]),
      stdout: "ignore",
      stderr: "ignore",
    });
    await waitUntilUnlocked({ ...base, ...environment });
  };
  await unlock();
  return {
    environment,
    lock: () => lockCollection({ ...base, ...environment }),
    unlock,
    [Symbol.asyncDispose]: async () => {
      for (const child of [daemon, bus]) {
        child?.kill();
        await child?.exited;
      }
    },
  };
}

const COLLECTION = "/org/freedesktop/secrets/collection/login";

function lockCollection(env: Record<string, string>): void {
  ask(env, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", `array:objpath:${COLLECTION}`);
}

/** What the secret service answers; nothing where it does not. */
function ask(env: Record<string, string>, path: string, ...message: string[]): string {
  const command = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets", path];
  return Bun.spawnSync([...command, ...message], { env }).stdout.toString();
}

/** Whether the daemon is there. To ask it anything before would make the bus start another one, which stays locked. */
function isServed(env: Record<string, string>): boolean {
  const question = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
  const command = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"];
  return Bun.spawnSync([...command, ...question], { env })
    .stdout.toString()
    .includes("boolean true");
}

/** Whether new entries go into the collection that is unlocked. */
function isDefault(env: Record<string, string>): boolean {
  const message = ["org.freedesktop.Secret.Service.ReadAlias", "string:default"];
  return ask(env, "/org/freedesktop/secrets", ...message).includes(COLLECTION);
}

async function waitUntilUnlocked(env: Record<string, string>): Promise<void> {
  const message = [
    "org.freedesktop.DBus.Properties.Get",
    "string:org.freedesktop.Secret.Collection",
    "string:Locked",
  ];
  for (const end = Date.now() + 10_000; Date.now() < end; await Bun.sleep(20)) {
    if (isServed(env) && ask(env, COLLECTION, ...message).includes("boolean false") && isDefault(env)) return;
  }
  throw new Error("The keyring does not answer: are the packages dbus and gnome-keyring installed?");
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of stream) {
    text += new TextDecoder().decode(piece);
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
