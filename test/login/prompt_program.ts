/**
 * A program that asks one question in a real terminal and writes the answer as JSON; run by prompts.test.ts.
 *
 * @module
 */
import { KeyfobError } from "../../src/errors.ts";
import { ask, chooseProvider, confirm } from "../../src/login/prompts.ts";
import { promptForAnswer } from "../../src/login/prompts_answer.ts";
import { openTerminal } from "../../src/terminal.ts";

const terminal = openTerminal();
const ending = new AbortController();
const { signal } = ending;

const providers = [
  { id: "acme", name: "Acme Identity" },
  { id: "zenith", name: "Zenith\u001b[31m" },
];

async function answer(
  judge?: (text: string) => { ok: true } | { ok: false; reason: string },
): Promise<unknown> {
  for await (const text of promptForAnswer(terminal, { message: "Paste the address here", signal, judge }))
    return text;
  return "ended";
}

async function twoAnswers(): Promise<unknown> {
  const texts: string[] = [];
  for await (const text of promptForAnswer(terminal, { message: "Paste the address here", signal })) {
    if (texts.push(text) === 2) return texts;
  }
  return "ended";
}

const questions: Record<string, () => Promise<unknown>> = {
  answer: () => answer(),
  twoAnswers,
  judged: () =>
    answer((text) => (text.includes("good") ? { ok: true } : { ok: false, reason: "That was not it" })),
  aborted() {
    setTimeout(() => ending.abort(), 300);
    return answer();
  },
  choose: () => chooseProvider(terminal, providers, signal),
  ask: () =>
    ask(terminal, { message: "Client id", signal, validate: (text) => (text ? undefined : "Type one") }),
  secret: () => ask(terminal, { message: "Client secret", signal, secret: true }),
  confirm: () => confirm(terminal, { message: "Go on?", signal }),
  abortedConfirm() {
    setTimeout(() => ending.abort(new Error("the reason")), 300);
    return confirm(terminal, { message: "Go on?", signal }).catch((error: Error) => error.message);
  },
};

try {
  await terminal.data(`\nANSWER ${JSON.stringify(await questions[process.argv[2] ?? ""]?.())}\n`);
} catch (error) {
  process.exitCode = error instanceof KeyfobError ? error.exitStatus : 1;
}
