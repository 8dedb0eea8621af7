#!/usr/bin/env node
// Starts the program of the platform package that npm installed beside this one.
"use strict";
const { spawn } = require("node:child_process");

const system = process.platform === "win32" ? "windows" : process.platform;
const program = process.platform === "win32" ? "keyfob.exe" : "keyfob";
const name = `keyfob-${system}-${process.arch}`;

function fail(message, hint) {
  process.stderr.write(`keyfob: Cannot start: ${message}\n  hint: ${hint}\n`);
  process.exit(1);
}

function isMusl() {
  if (process.platform !== "linux") return false;
  const { header } = process.report.getReport();
  return header.glibcVersionRuntime === undefined;
}

function find() {
  const names = isMusl() ? [`${name}-musl`, name] : [name];
  for (const candidate of names) {
    try {
      return require.resolve(`${candidate}/bin/${program}`);
    } catch {
      // The next one, or the message below.
    }
  }
  return fail(
    `the package "${names[0]}" is not installed`,
    "install without --no-optional and --omit=optional",
  );
}

const running = { child: undefined };

// Before the start: a signal that comes at once must not leave the program behind alone.
// A terminal sends ctrl-C to both of us; everything else reaches this process alone.
for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"])
  process.on(signal, () => running.child?.kill(signal));
for (const signal of ["SIGINT", "SIGQUIT"]) {
  process.on(signal, () => {
    if (!process.stdin.isTTY) running.child?.kill(signal);
  });
}

const child = spawn(find(), process.argv.slice(2), { stdio: "inherit" });
running.child = child;
child.on("error", ({ message }) => fail(message, "reinstall keyfob"));
child.on("exit", (status, signal) => {
  if (signal === null) process.exit(status);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
