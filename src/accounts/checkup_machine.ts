/**
 * Checks what this machine offers a person: a verdict, a browser, the ports that logins listen on.
 *
 * @module
 */
import { findOpener } from "../login/browser.ts";
import { judgeMachine, type Machine } from "../login/machine.ts";
import type { MachineFacts } from "../login/machine_facts.ts";
import { isPortFree } from "../login/port_check.ts";
import { describePortHolder } from "../login/port_holder.ts";
import type { Provider } from "../registry/provider.ts";
import type { Finding } from "./finding.ts";
import { portsToListen } from "./redirect_choice.ts";

/** The verdict with its reasons, and what opens a browser. */
export function checkMachine(facts: MachineFacts): {
  readonly machine: Machine;
  readonly findings: Finding[];
} {
  const machine = judgeMachine(facts);
  const place = machine.remote ? "your browser is on another machine" : "you are at this machine";
  const verdict: Finding = {
    subject: "machine",
    state: "good",
    message: `${place}: ${machine.reasons.join("; ")}`,
  };
  return { machine, findings: [verdict, checkBrowser(machine, facts)] };
}

function checkBrowser(machine: Machine, facts: MachineFacts): Finding {
  const subject = "browser";
  if (!machine.browser) {
    const message = "none is opened here; logins print an address, and you paste the result or enter a code";
    return { subject, state: "good", message };
  }
  const opener = findOpener(facts);
  if (opener !== undefined) return { subject, state: "good", message: `opened by "${opener}"` };
  return {
    subject,
    state: "note",
    message: "no program that opens one was found; logins print the address",
    fix: "install xdg-utils, or set BROWSER to the program to use",
  };
}

/** Whether a login to `provider` can listen for its answer. */
export async function checkPorts(provider: Provider): Promise<Finding[]> {
  const { id, redirect } = provider;
  const subject = `ports of ${id}`;
  if (redirect.uri !== undefined || redirect.https_only === true) {
    return [{ subject, state: "good", message: "none: the answer goes to an address elsewhere" }];
  }
  const ports = portsToListen(provider, {});
  if (ports === "any") return [{ subject, state: "good", message: "any free one will do" }];
  const checks = ports.map(async (port) => ({ port, isFree: await isPortFree(port, redirect.host) }));
  const found = await Promise.all(checks);
  const free = found.find(({ isFree }) => isFree);
  if (free !== undefined) return [{ subject, state: "good", message: `${free.port} is free` }];
  const holders = await Promise.all(
    ports.map(async (port) => (await describePortHolder(port)) ?? "somebody else"),
  );
  return [
    {
      subject,
      state: "note",
      message: `${ports.join(" and ")} held by ${[...new Set(holders)].join(" and ")}, or not allowed here`,
      fix: `end that program, or paste the answer: keyfob login ${id} --method paste`,
    },
  ];
}
