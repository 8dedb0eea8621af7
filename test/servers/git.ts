/**
 * A git server on loopback that demands a token of the authorization server: `git http-backend` behind a web server.
 *
 * @module
 */
import { join } from "node:path";
import type { Sandbox } from "../drivers/sandbox.ts";
import { runProgram } from "../drivers/program.ts";
import type { OidcServer } from "./oidc.ts";
import { PRIVATE_NAME, PRIVATE_TLS } from "./private_authority.ts";

/** A running server. */
export interface GitServer extends AsyncDisposable {
  readonly origin: string;
  /** Address of the one repository. */
  readonly repository: string;
  /** Every credential that was sent, oldest first, as `username:password`. */
  readonly credentials: string[];
  /** Tokens that are refused whatever the authorization server says of them. */
  readonly refused: Set<string>;
}

/**
 * Starts a server with one repository, whose one file says `hello`. With `https` it has the private authority's
 * certificate and name, which no DNS knows.
 */
export async function startGitServer(
  sandbox: Sandbox,
  authorization: OidcServer,
  scheme: "http" | "https" = "http",
): Promise<GitServer> {
  const root = join(sandbox.folder, "git");
  await createRepository(sandbox, root);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(scheme === "https" ? { tls: PRIVATE_TLS } : {}),
    fetch: async (request) => {
      const credential = readBasic(request.headers.get("Authorization"));
      if (credential !== undefined) git.credentials.push(credential);
      if (!(await isGood(credential))) {
        return new Response("no", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="git"' } });
      }
      return await askBackend(request, root);
    },
  });
  const isGood = async (credential: string | undefined): Promise<boolean> => {
    if (credential === undefined) return false;
    const token = credential.split(":")[1] ?? "";
    return !git.refused.has(token) && (await authorization.userinfo(token)).status === 200;
  };
  const origin = `${scheme}://${scheme === "https" ? PRIVATE_NAME : "127.0.0.1"}:${server.port}`;
  const git: GitServer = {
    origin,
    repository: `${origin}/repository.git`,
    credentials: [],
    refused: new Set(),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return git;
}

async function createRepository(sandbox: Sandbox, root: string): Promise<void> {
  const script = `set -e
    git init --quiet --bare "$1/repository.git"
    git clone --quiet "$1/repository.git" "$1/work" 2>/dev/null
    cd "$1/work"
    echo hello > file
    git add file
    git -c user.name=test -c user.email=test@example.test commit --quiet -m hello
    git push --quiet origin HEAD
    git -C "$1/repository.git" config http.receivepack true`;
  const environment = { GIT_CONFIG_NOSYSTEM: "1" };
  const { status, stderr } = await runProgram(sandbox, ["sh", "-c", script, "sh", root], { environment });
  if (status !== 0) throw new Error(`Cannot make the repository: ${stderr}`);
}

/** `username:password` of an `Authorization` header. */
function readBasic(header: string | null): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(header ?? "") ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}

/** Has git itself answer (git-http-backend(1), RFC 3875). */
async function askBackend(request: Request, root: string): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const backend = Bun.spawn(["git", "http-backend"], {
    stdin: await request.bytes(),
    stderr: "ignore",
    env: {
      PATH: "/usr/bin:/bin",
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: request.headers.get("Git-Protocol") ?? "",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers.get("Content-Type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("Content-Encoding") ?? "",
    },
  });
  const answer = Buffer.from(await new Response(backend.stdout).bytes());
  const end = answer.indexOf("\r\n\r\n");
  const lines = answer.toString("latin1", 0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(": ", 2) as [string, string]));
  const status = Number.parseInt(headers.get("Status") ?? "200", 10);
  headers.delete("Status");
  return new Response(answer.subarray(end + 4), { status, headers });
}
