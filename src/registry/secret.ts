/**
 * Fetches a client secret from where the entry says it is; done for a request alone, never to show an entry.
 *
 * @module
 */
import { open, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { ConfigurationError } from "../errors.ts";
import { withoutTokens } from "../handed_environment.ts";
import { findHomeFolder } from "../home_folder.ts";
import { harmless } from "../hostile_text.ts";
import { opennessOf } from "../private_file.ts";
import { isDocumentName, readClientDocument } from "./client_document.ts";
import type { SecretSource } from "./schema.ts";

/** Seconds a secret command may take: an agent may ask for a touch, a forgotten prompt must not hang a bot. */
const COMMAND_SECONDS = 10;

/** Bytes of a secret: room for any key, too little to read a log by mistake. */
const LONGEST_SECRET_BYTES = 64 * 1024;

/** Whether a child can lead a process group, so that what it started ends with it. */
const HAS_GROUPS = process.platform !== "win32";

type Environment = Readonly<Record<string, string | undefined>>;

/** What fetching a secret may be told. */
export interface SecretOptions {
  readonly commandSeconds?: number;
  /** Takes one line for the person: a file that others can read. */
  readonly notice?: (text: string) => void;
  /** The client whose secret it must be, where the source says of which it is. */
  readonly clientId?: string | undefined;
}

/**
 * The secret, without one newline at its end. Undefined where the entry names no source. Of a file called `.json` it is the
 * one that stands in there.
 *
 * @throws {ConfigurationError} code `no_secret` where the source gives none, or that of another client
 */
export async function resolveSecret(
  source: SecretSource | undefined,
  environment: Environment,
  { commandSeconds = COMMAND_SECONDS, notice = () => {}, clientId }: SecretOptions = {},
): Promise<string | undefined> {
  if (source === undefined || typeof source === "string") return source;
  if ("env" in source) return fromEnvironment(source.env, environment);
  if ("command" in source) return fromCommand(source.command, environment, commandSeconds);
  const text = await fromFile(source.file, environment, notice);
  return isDocumentName(source.file) ? inDocument(text, source.file, clientId) : text;
}

/** Why `path` cannot hold a secret, or undefined. The folder keyfob happens to start in must not choose the file. */
export function secretPathProblem(path: string): string | undefined {
  return isAbsolute(path) || path.startsWith("~/")
    ? undefined
    : 'the path must be absolute or start with "~/"';
}

/** Why `program` cannot be run, or undefined: a name is looked up in PATH, a path must not depend on the folder. */
export function secretProgramProblem(program: string): string | undefined {
  return /[\\/]/.test(program) ? secretPathProblem(program) : undefined;
}

function fromEnvironment(name: string, environment: Environment): string {
  const value = environment[name];
  if (value) return value;
  throw noSecret(`the environment variable "${harmless(name)}" is not set`, `export ${harmless(name)}=…`);
}

async function fromFile(
  path: string,
  environment: Environment,
  notice: (text: string) => void,
): Promise<string> {
  const shown = harmless(path);
  const problem = secretPathProblem(path);
  if (problem !== undefined) throw noSecret(`"${shown}": ${problem}`);
  const place = expandHome(path, environment);
  const { mode, bytes } = await readWithMode(place).catch((cause: unknown) => {
    throw noSecret(`"${shown}" cannot be read`, "check that the file exists and that you may read it", cause);
  });
  const openness = opennessOf(mode);
  if (openness === "writable") throw noSecret(`other users may write to "${shown}"`, `chmod go= '${shown}'`);
  if (openness === "readable") notice(`"${shown}" can be read by other users: chmod go= '${shown}'`);
  return usable(bytes, `"${shown}"`);
}

/** The secret of a client as its provider offers it for download. */
function inDocument(text: string, path: string, clientId: string | undefined): string {
  const shown = `"${harmless(path)}"`;
  const document = readClientDocument(text);
  const whole = "give the JSON file as the provider offers it, or a bare secret in a file without .json";
  if (typeof document === "string") throw noSecret(`${shown}: ${document}`, whole);
  if (document.clientSecret === undefined) throw noSecret(`${shown}: it holds no client_secret`, whole);
  if (clientId === undefined || document.clientId === clientId) return document.clientSecret;
  const found = harmless(document.clientId);
  throw noSecret(
    `${shown} is of the client "${found}" and not of "${harmless(clientId)}"`,
    `put the file of that client there, or log in again with --client-id ${found}`,
  );
}

/** A pipe, as of a shell's `<(command)`, has no mode of its own that says who reads it. */
async function readWithMode(path: string): Promise<{ readonly mode: number; readonly bytes: Uint8Array }> {
  const found = await stat(path);
  return { mode: found.isFile() ? found.mode : 0, bytes: await readStart(path) };
}

/** One byte more than a secret may have, so that too much is noticed without reading it all. */
async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(LONGEST_SECRET_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
}

async function fromCommand(
  command: readonly string[],
  environment: Environment,
  seconds: number,
): Promise<string> {
  const [program = "", ...rest] = command;
  const shown = `the command "${harmless(program)}"`;
  const problem = secretProgramProblem(program);
  if (problem !== undefined) throw noSecret(`${shown}: ${problem}`);
  const child = start([expandHome(program, environment), ...rest], environment, shown);
  const timer = Promise.withResolvers<"late">();
  const timeout = setTimeout(() => timer.resolve("late"), seconds * 1000);
  try {
    const output = await Promise.race([readOutput(child), timer.promise]);
    if (typeof output === "string") endGroup(child);
    if (output === "late") throw noSecret(`${shown} took longer than ${seconds} seconds`);
    if (output === "long") throw tooLong(shown);
    if (output.status !== 0)
      throw noSecret(`${shown} failed with status ${output.status}`, "run it by hand to see why");
    return usable(output.bytes, shown);
  } finally {
    clearTimeout(timeout);
  }
}

type Child = Bun.Subprocess<"ignore", "pipe", "ignore">;

function start(command: string[], environment: Environment, shown: string): Child {
  try {
    const env = withoutTokens(environment);
    return Bun.spawn(command, {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
      env,
      detached: HAS_GROUPS,
    });
  } catch (cause) {
    throw noSecret(`${shown} cannot be started`, "check that it is installed and in PATH", cause);
  }
}

async function readOutput(
  child: Child,
): Promise<{ readonly bytes: Uint8Array; readonly status: number } | "long"> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of child.stdout) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_SECRET_BYTES) return "long";
  }
  return { bytes: Buffer.concat(chunks), status: await child.exited };
}

/** Ends the command and whatever it started. A command that finished by itself may leave its agent running. */
function endGroup(child: Child): void {
  try {
    process.kill(HAS_GROUPS ? -child.pid : child.pid, "SIGKILL");
  } catch (failure) {
    if (!(failure instanceof Error && "code" in failure && failure.code === "ESRCH")) throw failure;
  }
}

function usable(bytes: Uint8Array, shown: string): string {
  if (bytes.length > LONGEST_SECRET_BYTES) throw tooLong(shown);
  const secret = new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
  if (secret === "") throw noSecret(`${shown} gives nothing`);
  return secret;
}

function expandHome(path: string, environment: Environment): string {
  if (!path.startsWith("~/")) return path;
  const home = environment["HOME"] ?? "";
  return join(isAbsolute(home) ? home : findHomeFolder(), path.slice(2));
}

function tooLong(shown: string): ConfigurationError {
  return noSecret(`${shown} gives more than 64 KiB`);
}

function noSecret(reason: string, hint?: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(`Cannot get the client secret: ${reason}`, {
    code: "no_secret",
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}
