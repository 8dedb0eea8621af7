/**
 * The prompts in a real pseudo-terminal.
 *
 * @module
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "prompt_program.ts");
const LONG = Array.from({ length: 75 }, (_, line) => `${line % 10}`.repeat(79)).join("\r");

/** Asks `question` in a terminal whose settings are printed before and after. */
function session(question: string, kind = "xterm-256color") {
  let written = "";
  const child = Bun.spawn(
    ["sh", "-c", 'stty -a; "$0" "$1" "$2"; echo "STATUS $?"; stty -a', process.execPath, PROGRAM, question],
    {
      env: { PATH: process.env["PATH"], TERM: kind },
      terminal: {
        cols: 80,
        rows: 24,
        data: (_terminal, bytes) => void (written += new TextDecoder().decode(bytes)),
      },
      timeout: 10_000,
      killSignal: "SIGKILL",
    },
  );
  const { terminal } = child;
  if (terminal === undefined) throw new Error("no terminal");
  return {
    async shows(text: string): Promise<void> {
      while (!written.includes(text)) {
        if (child.exitCode !== null) throw new Error(`"${text}" never came, but:\n${written}`);
        await Bun.sleep(5);
      }
    },
    write: (text: string) => void terminal.write(text),
    async ended() {
      await child.exited;
      await Bun.sleep(20);
      const [before, after] = written.match(/speed \d+ baud[\s\S]*?echoctl[^\n]*/g) ?? [];
      return {
        written,
        answer: /ANSWER (.*)\r\n/.exec(written)?.[1],
        status: Number(/STATUS (\d+)/.exec(written)?.[1]),
        isRestored:
          before !== undefined && before === after && isLast("?2004l", "?2004h") && isLast("?25h", "?25l"),
      };
    },
  };

  function isLast(wanted: string, other: string): boolean {
    return written.lastIndexOf(wanted) >= written.lastIndexOf(other);
  }
}

describe("an answer", () => {
  test("of 6,000 characters with line breaks arrives whole, at once", async () => {
    const asked = session("answer");
    await asked.shows("Paste the address here");
    const begun = Date.now();
    asked.write(`\u001b[200~${LONG}\u001b[201~`);
    await asked.shows("ANSWER");
    expect(Date.now() - begun).toBeLessThan(1000);
    const { answer, isRestored, status } = await asked.ended();
    expect(JSON.parse(answer ?? "")).toBe(LONG);
    expect({ isRestored, status }).toEqual({ isRestored: true, status: 0 });
  });

  test("arrives whole from a terminal without bracketed paste, too", async () => {
    const asked = session("answer");
    await asked.shows("Paste the address here");
    const begun = Date.now();
    asked.write(LONG);
    await asked.shows("ANSWER");
    expect(Date.now() - begun).toBeLessThan(1000);
    expect(JSON.parse((await asked.ended()).answer ?? "")).toBe(LONG);
  });

  test("may be typed", async () => {
    const asked = session("answer");
    await asked.shows("Paste the address here");
    for (const key of "code#statf\u007fe\r") {
      asked.write(key);
      await Bun.sleep(5);
    }
    const { answer, isRestored } = await asked.ended();
    expect(answer).toBe('"code#state"');
    expect(isRestored).toBe(true);
  });

  test("that is bad says why and is asked for again", async () => {
    const asked = session("judged");
    await asked.shows("Paste the address here");
    asked.write("\u001b[200~bad\u001b[201~");
    await asked.shows("That was not it");
    await Bun.sleep(100);
    asked.write("\u001b[200~good\u001b[201~");
    const { answer, isRestored } = await asked.ended();
    expect(answer).toBe('"good"');
    expect(isRestored).toBe(true);
  });

  test("can be followed by another", async () => {
    const asked = session("twoAnswers");
    await asked.shows("Paste the address here");
    asked.write("\u001b[200~one\u001b[201~");
    await Bun.sleep(150);
    asked.write("two\r");
    expect((await asked.ended()).answer).toBe('["one","two"]');
  });

  test("is no longer asked for once the signal aborts, and the terminal is as before", async () => {
    const asked = session("aborted");
    await asked.shows("Paste the address here");
    asked.write("half typ");
    const { answer, isRestored, status } = await asked.ended();
    expect({ answer, isRestored, status }).toEqual({ answer: '"ended"', isRestored: true, status: 0 });
  });
});

test.each(["answer", "choose", "ask", "secret", "confirm"])(
  "ctrl-C at %p ends it with 130 and restores the terminal",
  async (question) => {
    const asked = session(question);
    await asked.shows("?25l");
    await Bun.sleep(50);
    asked.write("\u0003");
    const { answer, isRestored, status } = await asked.ended();
    expect({ answer, isRestored, status }).toEqual({ answer: undefined, isRestored: true, status: 130 });
  },
);

describe("ctrl-D", () => {
  /** Starts one that listens for keys by now. */
  async function begun(question: string, kind: string): Promise<ReturnType<typeof session>> {
    const asked = session(question, kind);
    await asked.shows(kind === "dumb" ? "Paste the address here" : "?25l");
    await Bun.sleep(50);
    return asked;
  }

  test.each([
    ["answer", "", "xterm-256color"],
    ["answer", "x\u007f", "xterm-256color"],
    ["choose", "", "xterm-256color"],
    ["ask", "", "xterm-256color"],
    ["secret", "", "xterm-256color"],
    ["confirm", "", "xterm-256color"],
    ["answer", "", "dumb"],
  ])("at %p after %j ends it as ctrl-C does", async (question, keys, kind) => {
    const asked = await begun(question, kind);
    for (const key of keys) asked.write(key);
    await Bun.sleep(50);
    asked.write("\u0004");
    const { answer, isRestored, status } = await asked.ended();
    expect({ answer, isRestored, status }).toEqual({ answer: undefined, isRestored: true, status: 130 });
  });

  test.each([
    ["answer", "xterm-256color"],
    ["ask", "xterm-256color"],
    ["secret", "xterm-256color"],
    ["answer", "dumb"],
  ])("at %p changes nothing where something is typed", async (question, kind) => {
    const asked = await begun(question, kind);
    for (const keys of ["code", "\u0004", "#state", "\r"]) {
      asked.write(keys);
      await Bun.sleep(20);
    }
    const { answer, isRestored, status } = await asked.ended();
    expect({ answer, isRestored, status }).toEqual({ answer: '"code#state"', isRestored: true, status: 0 });
  });
});

test("Escape does not end a login by accident", async () => {
  const asked = session("answer");
  await asked.shows("Paste the address here");
  asked.write("\u001b");
  await Bun.sleep(150);
  asked.write("code#state\r");
  expect((await asked.ended()).answer).toBe('"code#state"');
});

describe("questions", () => {
  test("a provider is chosen by typing part of its name, which is harmless (STANDARDS 78)", async () => {
    const asked = session("choose");
    await asked.shows("Acme Identity");
    asked.write("zen");
    await asked.shows("zen");
    asked.write("\r");
    const { answer, written } = await asked.ended();
    expect(answer).toBe('"zenith"');
    expect(written).toContain("Zenith[31m");
  });

  test("a line of text is validated", async () => {
    const asked = session("ask");
    await asked.shows("Client id");
    asked.write("\r");
    await asked.shows("Type one");
    asked.write("abc\r");
    expect((await asked.ended()).answer).toBe('"abc"');
  });

  test("a secret is never shown", async () => {
    const asked = session("secret");
    await asked.shows("Client secret");
    asked.write("hush-hush\r");
    const { written, answer } = await asked.ended();
    expect(answer).toBe('"hush-hush"');
    expect(written.split("ANSWER")[0]).not.toContain("hush");
  });

  test("yes or no", async () => {
    const asked = session("confirm");
    await asked.shows("Go on?");
    asked.write("n");
    await Bun.sleep(50);
    const { answer } = await asked.ended();
    expect(answer).toBe("false");
  });

  test("a signal ends them with its reason", async () => {
    const { answer, isRestored } = await session("abortedConfirm").ended();
    expect(answer).toBe('"the reason"');
    expect(isRestored).toBe(true);
  });
});
