/**
 * A real IMAP server (Dovecot 2.3) on loopback that asks the authorization server about every token.
 *
 * @module
 */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAIL_SERVER, type OidcServer } from "./oidc.ts";

/** Seconds Dovecot may take to listen. */
const START_SECONDS = 10;
/** Seconds one answer may take; the configuration switches the wait before a refusal off. */
const ANSWER_SECONDS = 10;

/** A running server. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  /** Sends one SASL initial response and gives the server's last line, such as `a OK Logged in`. */
  authenticate(mechanism: string, initialResponse: string): Promise<string>;
}

/** Starts Dovecot. Its user names are the subjects of the authorization server. */
export async function startMailServer(authorization: OidcServer): Promise<MailServer> {
  const folder = await mkdtemp(join(tmpdir(), "keyfob-dovecot-"));
  await chmod(folder, 0o755);
  await mkdir(join(folder, "mail"));
  await chmod(join(folder, "mail"), 0o777);
  const port = await freePort();
  await Bun.write(join(folder, "dovecot.conf"), configuration(folder, port));
  await Bun.write(join(folder, "oauth2.conf"), introspection(authorization));
  const child = Bun.spawn(["/usr/sbin/dovecot", "-F", "-c", join(folder, "dovecot.conf")], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await isListening(port))) {
    const log = Bun.file(join(folder, "log"));
    const said = (await log.exists()) ? await log.text() : "";
    await stop();
    throw new Error(`Dovecot did not start:\n${said}\n${await new Response(child.stderr).text()}`);
  }
  return {
    port,
    authenticate: (mechanism, response) => authenticate(port, `a AUTHENTICATE ${mechanism} ${response}\r\n`),
    [Symbol.asyncDispose]: stop,
  };
}

function configuration(folder: string, port: number): string {
  return `
base_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_verbose = yes
auth_failure_delay = 0
auth_mechanisms = xoauth2 oauthbearer
mail_location = maildir:${folder}/mail/%u
first_valid_uid = 1
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = ${folder}/oauth2.conf
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
}

/** Where Dovecot asks (RFC 7662), and what must stand in the answer. */
function introspection({ issuer }: OidcServer): string {
  const { host } = new URL(issuer);
  return `
introspection_mode = post
introspection_url = http://${MAIL_SERVER.id}:${MAIL_SERVER.secret}@${host}/token/introspection
active_attribute = active
active_value = true
username_attribute = sub
`;
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  await new Promise<void>((resolve) => listener.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function isListening(port: number): Promise<boolean> {
  for (let tries = 0; tries < START_SECONDS * 20; tries += 1) {
    try {
      const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => {} } });
      socket.end();
      return true;
    } catch {
      await Bun.sleep(50);
    }
  }
  return false;
}

async function authenticate(port: number, command: string): Promise<string> {
  let text = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (opened) => void opened.write(command),
      data: (opened, bytes) => {
        text += bytes.toString();
        // A refusal comes as a challenge with details, which an empty line answers (RFC 7628 section 3.2.3).
        if (/^\+ /m.test(text) && !/^a /m.test(text)) opened.write("AQ==\r\n");
        const line = /^a .*$/m.exec(text)?.[0].trim();
        if (line !== undefined) resolve(line);
      },
      close: () => reject(new Error(`Dovecot closed the connection: ${text}`)),
    },
  });
  const timer = setTimeout(
    () => reject(new Error(`Dovecot does not answer: ${text}`)),
    ANSWER_SECONDS * 1000,
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.end();
  }
}
