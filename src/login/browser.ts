/**
 * Opening the person's browser, without a shell and without waiting for it.
 *
 * @module
 */
import { withoutTokens } from "../handed_environment.ts";
import type { MachineFacts } from "./machine_facts.ts";

/** Whether a browser was started, or why not. */
export type Opening = { readonly opened: true } | { readonly opened: false; readonly reason: string };

/** Milliseconds in which an opener that cannot work has usually failed. */
const GRACE_MILLISECONDS = 1000;

/** Opens `url`. A missing or failing opener is a reason, never an error; the first opener that works is enough. */
export async function openBrowser(
  url: string,
  facts: Pick<MachineFacts, "environment" | "platform">,
): Promise<Opening> {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) {
    return { opened: false, reason: "only web addresses are opened" };
  }
  let reason = "no program that opens a browser was found";
  for (const command of openers(address.href, facts)) {
    const failure = await start(command, facts.environment);
    if (failure === undefined) return { opened: true };
    if (failure !== "missing") reason = failure;
  }
  return { opened: false, reason };
}

/** The program that {@link openBrowser} would start first; undefined where there is none. */
export function findOpener(facts: Pick<MachineFacts, "environment" | "platform">): string | undefined {
  const names = openers("https://provider.invalid/", facts).map(([name = ""]) => name);
  return names.find((name) => Bun.which(name, { PATH: facts.environment["PATH"] ?? "" }) !== null);
}

/** Programs with arguments, the best first. */
function openers(
  href: string,
  { environment, platform }: Pick<MachineFacts, "environment" | "platform">,
): string[][] {
  const chosen = (environment["BROWSER"] ?? "")
    .split(platform === "win32" ? ";" : ":")
    .filter((entry) => entry.trim() !== "")
    .map((entry) => withAddress(entry.trim().split(/\s+/), href));
  return [...chosen, ...systemOpeners(href, environment, platform)];
}

/** `BROWSER` entries may say with `%s` where the address goes. */
function withAddress(command: readonly string[], href: string): string[] {
  const filled = command.map((word) => word.replaceAll("%s", () => href));
  return command.some((word) => word.includes("%s")) ? filled : [...filled, href];
}

function systemOpeners(
  href: string,
  environment: MachineFacts["environment"],
  platform: NodeJS.Platform,
): string[][] {
  if (platform === "darwin") return [["open", href]];
  if (platform === "win32") return [["rundll32.exe", "url.dll,FileProtocolHandler", href]];
  if (environment["TERMUX_VERSION"]) return [["termux-open-url", href]];
  const display = [
    ["xdg-open", href],
    ["gio", "open", href],
  ];
  if (!environment["WSL_DISTRO_NAME"] && !environment["WSL_INTEROP"]) return display;
  const windows = "/mnt/c/Windows/System32/rundll32.exe";
  return [
    ["wslview", href],
    ["rundll32.exe", "url.dll,FileProtocolHandler", href],
    [windows, "url.dll,FileProtocolHandler", href],
    ...display,
  ];
}

/** Undefined where it runs or has ended well; `missing`, or why it failed. */
async function start(
  command: readonly string[],
  environment: MachineFacts["environment"],
): Promise<string | undefined> {
  const [name = "", ...rest] = command;
  const program = Bun.which(name, { PATH: environment["PATH"] ?? "" });
  if (program === null) return "missing";
  try {
    const child = Bun.spawn([program, ...rest], {
      stdio: ["ignore", "ignore", "ignore"],
      env: withoutTokens(environment),
      detached: true,
    });
    child.unref();
    const status = await within(GRACE_MILLISECONDS, child.exited);
    return status === undefined || status === 0 ? undefined : `"${name}" ended with status ${status}`;
  } catch {
    return `"${name}" could not be started`;
  }
}

async function within(milliseconds: number, exited: Promise<number>): Promise<number | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), milliseconds);
  const status = await Promise.race([exited, late.promise]);
  clearTimeout(timer);
  return status;
}
