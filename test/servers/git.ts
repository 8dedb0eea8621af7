/**
 * A git server on loopback that demands a token of the authorization server (git's dumb HTTP protocol).
 *
 * @module
 */
import { join, normalize } from "node:path";
import type { Sandbox } from "../drivers/sandbox.ts";
import { runProgram } from "../drivers/program.ts";
import type { OidcServer } from "./oidc.ts";

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

/** Starts a server with one repository, whose one file says `hello`. */
export async function startGitServer(sandbox: Sandbox, authorization: OidcServer): Promise<GitServer> {
  const root = join(sandbox.folder, "git");
  await createRepository(sandbox, root);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const credential = readBasic(request.headers.get("Authorization"));
      if (credential !== undefined) git.credentials.push(credential);
      if (!(await isGood(credential))) {
        return new Response("no", { status: 401, headers: { "WWW-Authenticate": 'Basic realm="git"' } });
      }
      const file = Bun.file(join(root, normalize(new URL(request.url).pathname)));
      return (await file.exists()) ? new Response(file) : new Response("none", { status: 404 });
    },
  });
  const isGood = async (credential: string | undefined): Promise<boolean> => {
    if (credential === undefined) return false;
    const token = credential.split(":")[1] ?? "";
    return !git.refused.has(token) && (await authorization.userinfo(token)).status === 200;
  };
  const origin = `http://127.0.0.1:${server.port}`;
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
    cd "$1/repository.git"
    git update-server-info`;
  const environment = { GIT_CONFIG_NOSYSTEM: "1" };
  const { status, stderr } = await runProgram(sandbox, ["sh", "-c", script, "sh", root], { environment });
  if (status !== 0) throw new Error(`Cannot make the repository: ${stderr}`);
}

/** `username:password` of an `Authorization` header. */
function readBasic(header: string | null): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(header ?? "") ?? [];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString();
}
