/**
 * `keyfob doctor`: what works on this machine, what does not, and the fix for each.
 *
 * @module
 */
import { checkUp } from "../accounts/checkup.ts";
import type { Finding } from "../accounts/finding.ts";
import { harmless } from "../hostile_text.ts";
import { readMachineFacts } from "../login/machine_facts.ts";
import { openRegistry } from "../registry/registry.ts";
import { parseAccountName } from "../vault/account.ts";
import { VERSION } from "../version.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";
import { wrapped } from "./wrapped_text.ts";

/** Parsed flags of `keyfob doctor`. */
export interface DoctorFlags {
  /** A provider, or an account of it. */
  readonly provider?: string | undefined;
  readonly json: boolean;
}

/** How a finding is marked, three characters wide. */
const MARKS = { good: "ok ", note: "-- ", bad: "!! " } as const;

/** Characters a message may have: a path and a sentence. */
const LONGEST_MESSAGE = 600;

/** Runs the command. Ends with 1 where something will fail. */
export async function run(context: Context, flags: DoctorFlags): Promise<void> {
  const { terminal, services, paths } = context;
  const facts = readMachineFacts(terminal.interactive);
  const registry = openRegistry({ paths, notice: services.notice, listsProblems: true });
  const looking = { ...services, registry: () => registry };
  const { machine, keySource, storePlace, findings } = await checkUp(looking, {
    name: flags.provider === undefined ? undefined : parseAccountName(flags.provider),
    isAccount: flags.provider?.includes("/") === true,
    facts,
    paths,
  });
  if (findings.some(({ state }) => state === "bad")) context.exitStatus = 1;
  if (!flags.json)
    return terminal.data(findings.map((finding) => lines(finding, terminal.dataColumns)).join(""));
  const { browser, remote, reasons } = machine;
  const document = {
    version: VERSION,
    machine: { browser, remote, reasons },
    key_source: keySource,
    store: storePlace,
    checks: findings.map(({ subject, state, message, fix }) => ({
      subject,
      state,
      message,
      fix: fix ?? null,
    })),
  };
  return terminal.data(jsonLine(document));
}

/** As wide as the terminal that shows them; one line a message, and one a fix, where none does. */
function lines({ subject, state, message, fix }: Finding, columns = Infinity): string {
  const what = wrapped(`${subject}: ${harmless(message, LONGEST_MESSAGE)}`, columns, MARKS[state]);
  if (fix === undefined) return `${what}\n`;
  return `${what}\n${wrapped(harmless(fix, LONGEST_MESSAGE), columns, "   fix: ")}\n`;
}
