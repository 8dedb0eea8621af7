/**
 * A worked example: a chat bot that passes a login on to its owner. The README shows it; a test runs it.
 *
 * The owner writes `/login`, gets an address (or a code to enter), and sends back what the browser shows afterwards.
 * The bot keeps nothing: the begun login lies sealed with keyfob, so that a restart in between loses nothing.
 *
 * @module
 */

/** What the bot says and hears; any chat has these two. */
export interface Chat {
  readonly messages: AsyncIterable<string>;
  say(text: string): void;
}

/** Answers the owner until the chat ends. `keyfob` is the program, `account` what to log in to. */
export async function runBot(chat: Chat, keyfob: string, account: string): Promise<void> {
  for await (const message of chat.messages) {
    if (message === "/login") chat.say(await begin(keyfob, account));
    else if (message === "/whoami") chat.say(await whoIs(keyfob, account));
    else chat.say(await finish(keyfob, message));
  }
}

async function begin(keyfob: string, account: string): Promise<string> {
  const { url } = await ask(keyfob, ["login", account, "--begin", "--timeout", "15m", "--json"]);
  return `Open ${url}, approve, and send me the address that the browser shows then, even if it shows an error.`;
}

/** The answer goes in on standard input: as an argument, everybody on this machine could read it. */
async function finish(keyfob: string, answer: string): Promise<string> {
  const { display, error } = await ask(keyfob, ["finish", "--json"], answer);
  if (error === undefined) return `Thank you, ${display ?? "whoever you are"}: you are logged in.`;
  return [error.message, error.hint].filter(Boolean).join(". ");
}

async function whoIs(keyfob: string, account: string): Promise<string> {
  const { error, expires_at: expiresAt } = await ask(keyfob, ["token", account, "--json"]);
  return error === undefined ? `I have a token until ${expiresAt}.` : error.message;
}

interface Answer {
  readonly url?: string;
  readonly display?: string | null;
  readonly expires_at?: string | null;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** Every command with --json prints one JSON document, whether it worked or not. */
async function ask(keyfob: string, args: readonly string[], input = ""): Promise<Answer> {
  const child = Bun.spawn([keyfob, ...args], {
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "inherit",
  });
  return (await new Response(child.stdout).json()) as Answer;
}
