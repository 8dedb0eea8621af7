/**
 * The verdict on machines that people have.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { judgeMachine } from "../../src/login/machine.ts";
import type { MachineFacts } from "../../src/login/machine_facts.ts";

const SSH = { SSH_CONNECTION: "10.0.0.1 5 10.0.0.2 22", SSH_TTY: "/dev/pts/0" };
const local = { browser: true, remote: false };
const elsewhere = { browser: false, remote: true };

const machines: [string, Partial<MachineFacts>, { browser: boolean; remote: boolean }, RegExp][] = [
  ["a desktop with X11", { environment: { DISPLAY: ":0" } }, local, /display/],
  ["a desktop with Wayland", { environment: { WAYLAND_DISPLAY: "wayland-0" } }, local, /display/],
  ["a server", {}, elsewhere, /no display/],
  ["SSH into a server", { environment: SSH }, elsewhere, /SSH/],
  [
    "SSH with X forwarding",
    { environment: { ...SSH, DISPLAY: "localhost:10.0" } },
    elsewhere,
    /SSH.*forwarding/,
  ],
  ["a Mac", { platform: "darwin" }, local, /Mac/],
  ["a Mac over SSH", { platform: "darwin", environment: SSH }, elsewhere, /SSH/],
  ["Windows", { platform: "win32" }, local, /Windows/],
  ["WSL 2", { environment: { WSL_DISTRO_NAME: "Debian", WSL_INTEROP: "/run/WSL/1_interop" } }, local, /WSL/],
  [
    "WSL 1",
    { environment: { WSL_DISTRO_NAME: "Debian" }, files: ["/proc/sys/fs/binfmt_misc/WSLInterop"] },
    local,
    /browser of Windows/,
  ],
  [
    "WSL without interop",
    { environment: { WSL_DISTRO_NAME: "Debian" } },
    { browser: false, remote: false },
    /without interop/,
  ],
  [
    "WSL without interop, with its own display",
    { environment: { WSL_DISTRO_NAME: "Debian", WAYLAND_DISPLAY: "wayland-0" } },
    local,
    /display/,
  ],
  ["a systemd unit", { interactive: false, environment: { INVOCATION_ID: "1" } }, elsewhere, /no display/],
  [
    "cron",
    { interactive: false, environment: { SHELL: "/bin/sh", LOGNAME: "root" } },
    elsewhere,
    /no display/,
  ],
  [
    "tmux that was started over SSH",
    { environment: { ...SSH, TMUX: "/tmp/t" } },
    elsewhere,
    /older connection/,
  ],
  [
    "screen that was started over SSH",
    { environment: { ...SSH, STY: "1.x" } },
    elsewhere,
    /older connection/,
  ],
  ["tmux on a desktop", { environment: { TMUX: "/tmp/t", DISPLAY: ":0" } }, local, /display/],
  [
    "a dev container",
    {
      files: ["/.dockerenv"],
      environment: {
        REMOTE_CONTAINERS: "true",
        VSCODE_IPC_HOOK_CLI: "/tmp/x.sock",
        BROWSER: "/vscode/browser.sh",
      },
    },
    { browser: true, remote: true },
    /editor/,
  ],
  ["WSL over SSH", { environment: { WSL_DISTRO_NAME: "Debian", ...SSH } }, elsewhere, /SSH/],
  ["Docker", { files: ["/.dockerenv"] }, elsewhere, /container/],
  ["Podman", { files: ["/run/.containerenv"] }, elsewhere, /container/],
  [
    "a container with a display",
    { files: ["/run/.containerenv"], environment: { DISPLAY: ":0" } },
    local,
    /display/,
  ],
  ["Kubernetes", { environment: { KUBERNETES_SERVICE_HOST: "10.0.0.1" } }, elsewhere, /Kubernetes/],
  ["LXC", { environment: { container: "lxc" } }, elsewhere, /container/],
  ["a build server", { interactive: false, environment: { CI: "true", DISPLAY: ":99" } }, elsewhere, /CI/],
  ["a person with CI set", { environment: { CI: "true", DISPLAY: ":0" } }, local, /display/],
  ["a codespace", { environment: { CODESPACES: "true" } }, elsewhere, /codespace/],
  [
    "VS Code over SSH",
    { environment: { ...SSH, VSCODE_IPC_HOOK_CLI: "/tmp/x.sock", BROWSER: "/vscode/helpers/browser.sh" } },
    { browser: true, remote: true },
    /editor/,
  ],
  ["Termux", { platform: "android", environment: { TERMUX_VERSION: "0.118" } }, local, /Termux/],
  [
    "BROWSER=none",
    { environment: { DISPLAY: ":0", BROWSER: "none" } },
    { browser: false, remote: false },
    /BROWSER/,
  ],
  [
    "BROWSER=lynx",
    { environment: { DISPLAY: ":0", BROWSER: "/usr/bin/lynx" } },
    { browser: false, remote: false },
    /text/,
  ],
  ["BROWSER=www-browser over SSH", { environment: { ...SSH, BROWSER: "www-browser" } }, elsewhere, /text/],
  ["BROWSER=firefox", { environment: { DISPLAY: ":0", BROWSER: "firefox" } }, local, /display/],
  ["an empty DISPLAY", { environment: { DISPLAY: "" } }, elsewhere, /no display/],
];

test.each(machines)("%s", (_name, facts, verdict, reason) => {
  const judged = judgeMachine({ environment: {}, platform: "linux", interactive: true, files: [], ...facts });
  expect({ browser: judged.browser, remote: judged.remote }).toEqual(verdict);
  expect(judged.reasons.join("; ")).toMatch(reason);
});
