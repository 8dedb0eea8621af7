/**
 * The command that carries the browser's answer from the person's own machine to this one.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";

/** What the command is made of. */
export interface ForwardFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Who is logged in here. */
  readonly user: string | undefined;
  /** Where the callback is listened for. */
  readonly port: number;
}

/** The port that `ssh` uses unasked. */
const SSH_PORT = "22";

/**
 * `ssh -L PORT:localhost:PORT user@host`, with the address this session was reached at. Undefined where nobody is
 * connected over SSH.
 */
export function forwardCommand({ environment, user, port }: ForwardFacts): string | undefined {
  const [, , host, sshPort] = (environment["SSH_CONNECTION"] ?? "").split(" ");
  if (!/^[0-9A-Za-z.:%_-]+$/.test(host ?? "") || !/^[A-Za-z0-9._@+-]+$/.test(user ?? "")) return undefined;
  const at = sshPort !== undefined && /^\d+$/.test(sshPort) && sshPort !== SSH_PORT ? `-p ${sshPort} ` : "";
  return harmless(`ssh ${at}-L ${port}:localhost:${port} ${user}@${host}`);
}
