/**
 * The example bot with standard input and output as its chat: `bun test/chat_bot_program.ts dist/keyfob`.
 *
 * @module
 */
import { runBot } from "./chat_bot.ts";

async function* lines(): AsyncGenerator<string> {
  for await (const line of console) yield line;
}

const [, , keyfob = "keyfob"] = process.argv;
await runBot({ messages: lines(), say: (text) => console.log(text) }, keyfob, "local");
