/**
 * The start: a token that lies ready is printed at once; for everything else the program is loaded.
 *
 * @module
 */
import { printPlainToken } from "./commands/plain_token.ts";

const isPrinted = await printPlainToken(process.argv.slice(2), process.env);
process.exit(isPrinted ? 0 : await (await import("./program.ts")).runProgram());
