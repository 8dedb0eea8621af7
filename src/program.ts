/**
 * The whole program: arguments in, exit status out; the only place that catches everything.
 *
 * @module
 */
import { isLogin } from "./command_word.ts";
import { type Context, createContext } from "./commands/context.ts";
import { errorFields, jsonLine } from "./commands/json.ts";
import { run as printToken } from "./commands/token.ts";
import { talkColumns, wrapped } from "./commands/wrapped_text.ts";
import { Failed, Interrupted, KeyfobError } from "./errors.ts";
import { ignoredSignals } from "./ignored_signals.ts";
import { openTerminal } from "./terminal.ts";

const argv = process.argv.slice(2);
const terminal = openTerminal();
const interruption = new AbortController();

/** Does what this process was started for, and returns the exit status. Never throws. */
export async function runProgram(): Promise<number> {
  watchSignals();
  watchSurprises();
  const context = createContext(terminal, interruption);
  try {
    await (isPlainToken(argv) ? runPlainToken(context) : runAnything(context));
    return context.exitStatus;
  } catch (thrown) {
    return await explain(toFailure(thrown));
  } finally {
    terminal.restore();
    await context.close();
  }
}

/** `token ACCOUNT`: where a look at the store did not do, it skips the argument parser all the same. */
function isPlainToken(words: readonly string[]): boolean {
  return words.length === 2 && words[0] === "token" && /^[^-]/.test(words[1] ?? "");
}

async function runPlainToken(context: Context): Promise<void> {
  await printToken(context, { account: argv[1], format: "plain" });
}

async function runAnything(context: Context): Promise<void> {
  const { runCommandLine } = await import("./cli/command_line.ts");
  await runCommandLine(argv, context);
}

/** Says what failed, as JSON where that was asked for, and returns the exit status. */
async function explain(failure: KeyfobError): Promise<number> {
  terminal.restore();
  const { message, hint } = failure;
  if (wantsJson(argv)) {
    const fields = errorFields(failure);
    await writeQuietly(jsonLine(isLogin(argv) ? { event: "error", ...fields } : { error: fields }));
  } else {
    const columns = talkColumns(terminal);
    terminal.say(wrapped(message, columns, "keyfob: "), "bad");
    if (hint !== undefined) terminal.say(wrapped(hint, columns, "  hint: "));
  }
  return failure.exitStatus;
}

function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end)).includes("--json");
}

/** Where standard output fails too there is nobody left to tell. */
async function writeQuietly(text: string): Promise<void> {
  try {
    await terminal.data(text);
  } catch {
    terminal.say("keyfob: Cannot write to standard output", "bad");
  }
}

function toFailure(thrown: unknown): KeyfobError {
  if (thrown instanceof KeyfobError) return thrown;
  if (isHangUp(thrown)) return new Interrupted("SIGHUP");
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const place = thrown instanceof Error ? (/^\s+at .*$/m.exec(thrown.stack ?? "")?.[0].trim() ?? "") : "";
  return new Failed(`Something unexpected went wrong (${name} ${place})`, {
    code: "unexpected",
    hint: "please report this line; it holds no secret",
    cause: thrown,
  });
}

/**
 * Every way a terminal or a system ends us leaves the terminal as it was and stops what is under way. A signal that
 * was ignored when we started stays so.
 */
function watchSignals(): void {
  const ignored = ignoredSignals();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    if (ignored.has(signal)) continue;
    process.on(signal, () => {
      const { aborted, reason } = interruption.signal;
      if (!aborted) interruption.abort(new Interrupted(signal));
      else if (signal !== "SIGHUP" || !isSameHangUp(reason)) process.exit(new Interrupted(signal).exitStatus);
    });
  }
}

/** One closed terminal hangs up several times: its shell passes the signal on, and the kernel sends it when that ends. */
function isSameHangUp(reason: unknown): boolean {
  return reason instanceof Interrupted && reason.exitStatus === new Interrupted("SIGHUP").exitStatus;
}

/** A terminal that was closed fails (EIO, errno 5) before, or instead of, the signal that says so. */
function isHangUp(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return ("code" in thrown && thrown.code === "EIO") || thrown.message === "setRawMode failed with errno: 5";
}

/** A mistake of ours that nobody awaited ends the program in our words, not with a piece of its source. */
function watchSurprises(): void {
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (thrown: unknown) => {
      void explain(toFailure(thrown)).then((status) => process.exit(status));
    });
  }
}
