/**
 * The start: a token that lies ready is printed at once; for everything else the program is loaded.
 *
 * @module
 */
const [command, account, ...more] = process.argv.slice(2);
const isPlain = command === "token" && account !== undefined && !account.startsWith("-") && more.length === 0;
const isPrinted =
  isPlain && (await (await import("./commands/plain_token.ts")).printPlainToken(account, process.env));
process.exit(isPrinted ? 0 : await (await import("./program.ts")).runProgram());
