/**
 * Judging a machine: can a browser open here, is the person somewhere else.
 *
 * @module
 */
import { isInteropFile, type MachineFacts } from "./machine_facts.ts";

/** The verdict. */
export interface Machine {
  /** Whether opening a browser is worth a try. */
  readonly browser: boolean;
  /** Whether the person's browser is probably on another machine. */
  readonly remote: boolean;
  /** Why, as short sentences for people. */
  readonly reasons: readonly string[];
}

type Rule = (facts: MachineFacts) => Machine | undefined;

/** Browsers that would need this very terminal. */
const TEXT_BROWSERS = /(?:^|\/)(?:www-browser|lynx|w3m|links2?|elinks|browsh|carbonyl)(?:\s|$)/;
/** Ways to say: no browser. */
const NO_BROWSER = new Set(["none", "false", "0", "no", "off"]);

/** First match decides. What a person set stands before what we guess. */
const RULES: readonly Rule[] = [
  chosenBrowser,
  buildServer,
  remoteEditor,
  ssh,
  windowsSubsystem,
  container,
  desktop,
];

/** The verdict on a machine, from facts alone. */
export function judgeMachine(facts: MachineFacts): Machine {
  for (const rule of RULES) {
    const verdict = rule(facts);
    if (verdict !== undefined) return verdict;
  }
  return { browser: false, remote: true, reasons: ["there is no display"] };
}

function chosenBrowser({ environment }: MachineFacts): Machine | undefined {
  const browser = environment["BROWSER"]?.trim();
  if (!browser) return undefined;
  const remote = isOverSsh(environment);
  if (NO_BROWSER.has(browser.toLowerCase())) {
    return { browser: false, remote, reasons: ['BROWSER says that there is none ("none")'] };
  }
  if (TEXT_BROWSERS.test(browser)) {
    return { browser: false, remote, reasons: ["BROWSER is a text browser, which would take this terminal"] };
  }
  return undefined;
}

function buildServer({ environment, interactive }: MachineFacts): Machine | undefined {
  const isBuild = isSet(environment["CI"]) && environment["CI"] !== "false";
  if (!isBuild || interactive) return undefined;
  return { browser: false, remote: true, reasons: ["this is a build server (CI is set)"] };
}

/** VS Code's own `BROWSER` program opens the browser where the person sits, and the port is forwarded. */
function remoteEditor({ environment }: MachineFacts): Machine | undefined {
  const isCodespace = environment["CODESPACES"] === "true";
  const isRemote = isCodespace || isSet(environment["REMOTE_CONTAINERS"]) || isOverSsh(environment);
  if (!isRemote) return undefined;
  if (isSet(environment["VSCODE_IPC_HOOK_CLI"]) && isSet(environment["BROWSER"])) {
    return { browser: true, remote: true, reasons: ["the editor opens the browser on your own machine"] };
  }
  return isCodespace ? { browser: false, remote: true, reasons: ["this is a codespace"] } : undefined;
}

function ssh({ environment }: MachineFacts): Machine | undefined {
  if (!isOverSsh(environment)) return undefined;
  const reasons = ["you are connected over SSH"];
  if (isSet(environment["DISPLAY"])) reasons.push("a browser over X forwarding is too slow to sign in with");
  if (isSet(environment["TMUX"]) || isSet(environment["STY"])) {
    reasons.push(
      "unless tmux or screen remembers an older connection: --method browser opens one all the same",
    );
  }
  return { browser: false, remote: true, reasons };
}

/** Without interop (switched off, or lost as under systemd) no program of Windows can be started. */
function windowsSubsystem({ environment, platform, files }: MachineFacts): Machine | undefined {
  const isSubsystem = isSet(environment["WSL_DISTRO_NAME"]) || isSet(environment["WSL_INTEROP"]);
  if (platform !== "linux" || !isSubsystem) return undefined;
  if (isSet(environment["WSL_INTEROP"]) || files.some(isInteropFile)) {
    return { browser: true, remote: false, reasons: ["this is WSL, which opens the browser of Windows"] };
  }
  if (hasDisplay(environment)) return undefined;
  const reasons = ["this is WSL without interop, from where the browser of Windows cannot be opened"];
  return { browser: false, remote: false, reasons };
}

/** A container that was given a display (toolbox, distrobox) is part of the desktop. */
function container({ environment, files }: MachineFacts): Machine | undefined {
  const isCluster = isSet(environment["KUBERNETES_SERVICE_HOST"]);
  const isMarked = files.some((file) => !isInteropFile(file));
  const isContainer = isCluster || isMarked || isSet(environment["container"]);
  if (!isContainer || hasDisplay(environment)) return undefined;
  return {
    browser: false,
    remote: true,
    reasons: [isCluster ? "this is a Kubernetes pod" : "this is a container without a display"],
  };
}

function desktop({ environment, platform }: MachineFacts): Machine | undefined {
  if (platform === "darwin") return { browser: true, remote: false, reasons: ["this is a Mac"] };
  if (platform === "win32") return { browser: true, remote: false, reasons: ["this is Windows"] };
  if (isSet(environment["TERMUX_VERSION"])) {
    return {
      browser: true,
      remote: false,
      reasons: ["this is Termux, which opens the browser of the phone"],
    };
  }
  if (!hasDisplay(environment)) return undefined;
  return { browser: true, remote: false, reasons: ["there is a display"] };
}

function isOverSsh(environment: MachineFacts["environment"]): boolean {
  return ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].some((name) => isSet(environment[name]));
}

function hasDisplay(environment: MachineFacts["environment"]): boolean {
  return isSet(environment["DISPLAY"]) || isSet(environment["WAYLAND_DISPLAY"]);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
