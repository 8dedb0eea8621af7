/**
 * Telling the person's own programs what became of a login.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { withoutTokens } from "../handed_environment.ts";
import type { Hook, HookName } from "./configuration.ts";
import type { Services } from "./services.ts";

/** Milliseconds a hook may take: a token waits for it, and a person may wait for the token. */
const LONGEST_HOOK = 10_000;

/** Set for a hook and all that it starts, so that a keyfob among them runs no hooks. */
const WITHIN_HOOK = "KEYFOB_HOOK";

/** What a hook gets as JSON on standard input. */
export interface HookEvent {
  readonly event: HookName;
  /** Fields that every hook may see. */
  readonly told: Readonly<Record<string, unknown>>;
  /** Fields for a hook that asked for the token. */
  readonly secret?: Readonly<Record<string, unknown>>;
}

/** What running a hook takes. */
type HookServices = Pick<Services, "configuration" | "environment" | "notice">;

/**
 * Runs the hook that is configured for the event, for at most `milliseconds`. Whatever goes wrong is a notice: the
 * token matters more.
 */
export async function runHook(
  services: HookServices,
  event: HookEvent,
  milliseconds: number = LONGEST_HOOK,
): Promise<void> {
  if (services.environment[WITHIN_HOOK]) return;
  try {
    const hook = (await services.configuration()).hooks?.[event.event];
    if (hook === undefined) return;
    const trouble = await start(services, hook, { event, milliseconds });
    if (trouble !== undefined) services.notice(`The hook ${event.event} failed: ${trouble}`);
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    services.notice(`Cannot run the hook ${event.event}: ${failure.message}`);
  }
}

/** Runs the program to its end or to the limit. What went wrong, in words; undefined where nothing did. */
async function start(
  { environment }: HookServices,
  hook: Hook,
  { event, milliseconds }: { readonly event: HookEvent; readonly milliseconds: number },
): Promise<string | undefined> {
  const told = { event: event.event, ...event.told, ...(hook.withToken ? event.secret : {}) };
  const program = JSON.stringify(hook.command[0]);
  let child: Bun.Subprocess;
  try {
    child = Bun.spawn([...hook.command], {
      env: { ...withoutTokens(environment), [WITHIN_HOOK]: event.event },
      stdin: new TextEncoder().encode(`${JSON.stringify(told)}\n`),
      // Standard output belongs to keyfob's own data.
      stdout: "ignore",
      stderr: "inherit",
      timeout: milliseconds,
      killSignal: "SIGKILL",
    });
  } catch {
    return `${program} cannot be started`;
  }
  const status = await child.exited;
  if (child.signalCode === "SIGKILL") return `${program} was ended after ${milliseconds / 1000}s`;
  return status === 0 ? undefined : `${program} ended with ${child.signalCode ?? status}`;
}
