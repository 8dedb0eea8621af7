/**
 * "Handing tokens to programs".
 *
 * @module
 */
import { expect } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { fromProcess } from "@aws-sdk/credential-provider-process";
import type { Sandbox } from "../drivers/sandbox.ts";
import { startContainerRegistry } from "../servers/container_registry.ts";
import { ROLE } from "../servers/sts.ts";
import { cellsOf, codeOf } from "./document.ts";
import type { Machine } from "./machine.ts";
import type { Scenarios } from "./scenario.ts";

const CLUSTER = "https://cluster.example:6443";
const SETTINGS =
  '{ "accounts": { "okta": { "resources": ["https://cluster.example:6443"] } }, ' +
  '"hooks": { "on_refresh": ["notify"], "on_login_needed": ["tell-owner"] } }';

/** See {@link Scenarios}. */
export const HANDOUT_SCENARIOS: Scenarios = {
  "keyfob run github -- gh pr list": {
    prepare: async ({ bash, program }) => {
      await bash("keyfob login github --scope repo");
      await bash("keyfob login google");
      await bash("keyfob login google/work");
      await program("gh", '#!/bin/sh\necho "$*" "$GH_TOKEN" "$GITHUB_TOKEN"\n');
    },
    steps: {
      "keyfob run github -- gh pr list": async (line, { bash, world }) => {
        const [pr, list, token = "", same] = (await bash(line)).stdout.trim().split(" ");
        expect([pr, list, same]).toEqual(["pr", "list", token]);
        expect(world.github.accepts(token)).toBe(true);
      },
      "keyfob run --env API=google/work -- ./job": async (line, { bash, sandbox, world }) => {
        await writeExecutable(join(sandbox.workFolder, "job"), '#!/bin/sh\necho "$API"\n');
        expect(world.google.accepts((await bash(line)).stdout.trim())).toBe(true);
      },
      "keyfob run google --serve -- ./bot": async (line, { bash, sandbox, world }) => {
        const [command = "", comment = ""] = line.split("\n");
        const bot = `#!/bin/sh\nenv | grep -c ya29 >&2\n${comment.replace(/^#\s+/, "")}\n`;
        await writeExecutable(join(sandbox.workFolder, "bot"), bot);
        const { stdout, stderr } = await bash(command);
        expect(
          world.google.accepts((JSON.parse(stdout) as Record<string, string>)["access_token"] ?? ""),
        ).toBe(true);
        expect(stderr).toStartWith("0\n");
      },
    },
  },
  "program | set-up": {
    prepare: async ({ bash, placeholders }) => {
      await bash("keyfob login github --scope repo");
      await bash("keyfob login local");
      placeholders.set("ACCOUNT", "local");
    },
    steps: { git: gitClones, docker: dockerReads, kubectl: kubectlRuns, AWS: awsRuns, mail: mailRuns },
  },
  [SETTINGS]: {
    prepare: async ({ program, sandbox }) => {
      for (const name of ["notify", "tell-owner"])
        await program(name, `#!/bin/sh\ncat > '${sandbox.folder}/${name}'\n`);
    },
    steps: { [SETTINGS]: settingsWork },
  },
};

async function gitClones(row: string, { bash, sandbox }: Machine): Promise<void> {
  const [configure = "", login = ""] = codeOf(row);
  await bash(configure);
  await bash(login);
  await bash("git clone --quiet https://github.com/repository.git clone");
  expect(await Bun.file(join(sandbox.workFolder, "clone", "file")).text()).toBe("hello\n");
}

async function dockerReads(row: string, { bash, program, sandbox, world }: Machine): Promise<void> {
  const [name = "", shebang = "", command = "", setting = ""] = codeOf(row);
  await program(name, `${shebang}\n${command}\n`);
  await using registry = startContainerRegistry(world.oidc);
  await mayGoTo(sandbox, `http://${registry.host}`);
  const file = join(sandbox.environment["HOME"] ?? "", ".docker/config.json");
  await Bun.write(file, `{${setting.replace("HOST", registry.host)}}`);
  await bash(`docker manifest inspect --insecure ${registry.host}/demo/image:latest`);
  expect(registry.credentials).not.toEqual([]);
}

async function kubectlRuns(row: string, { sandbox }: Machine): Promise<void> {
  const [text = ""] = codeOf(row);
  const { exec } = Bun.YAML.parse(text.replace("ACCOUNT", "local")) as { exec: Record<string, unknown> };
  const authorizations: (string | null)[] = [];
  const cluster = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ headers }) => {
      authorizations.push(headers.get("authorization"));
      return Response.json({ kind: "NamespaceList", apiVersion: "v1", metadata: {}, items: [] });
    },
  });
  const server = `http://127.0.0.1:${cluster.port}`;
  await mayGoTo(sandbox, server);
  const env = Object.entries(sandbox.environment).map(([name, value]) => ({ name, value }));
  // The SDK looks for the command in the PATH of this test.
  const command = Bun.which(String(exec["command"]), { PATH: sandbox.environment["PATH"] ?? "" });
  const configuration = new KubeConfig();
  configuration.loadFromString(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { exec: { ...exec, command, env } } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  await configuration.makeApiClient(CoreV1Api).listNamespace();
  await cluster.stop(true);
  expect(authorizations[0]).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
}

async function awsRuns(row: string, { sandbox, world }: Machine): Promise<void> {
  const [setting = ""] = codeOf(row);
  const filled = setting
    .replace("ACCOUNT", "local")
    .replace("ARN", ROLE)
    .replace("--region R", "--region eu-west-1");
  await mayGoTo(sandbox, "https://sts.eu-west-1.amazonaws.com");
  const filepath = join(sandbox.folder, "aws-config");
  const environment = Object.entries(sandbox.environment).map(([name, value]) => `${name}=${value}`);
  // The SDK starts it with the environment of this test: the sandbox's own goes before the command.
  await Bun.write(filepath, `[default]\n${filled.replace("= ", `= env ${environment.join(" ")} `)}\n`);
  const credentials = await fromProcess({ filepath, configFilepath: filepath })();
  expect(credentials.accessKeyId).toBe("ASgeIAIOSFODNN7EXAMPLE");
  expect(world.aws.seen).toHaveLength(1);
}

async function mailRuns(row: string, { bash, world }: Machine): Promise<void> {
  for (const command of codeOf(cellsOf(row)[1] ?? "")) {
    const message = Buffer.from((await bash(command)).stdout, "base64").toString();
    const [, token = ""] = /auth=Bearer ([\w.-]+)/.exec(message) ?? [];
    expect(message).toContain("alice@example.test");
    expect((await world.oidc.userinfo(token)).status).toBe(200);
  }
}

async function settingsWork(text: string, { bash, sandbox, world }: Machine): Promise<void> {
  await Bun.write(join(sandbox.home, "config.json"), text);
  await bash("keyfob login okta");
  const ask = (cluster: string) =>
    `KUBERNETES_EXEC_INFO='{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"cluster":{"server":"${cluster}"},"interactive":false}}' keyfob helper kubectl okta`;
  await bash(ask(CLUSTER));
  await bash(ask("https://other.example:6443"), { status: 5 });
  await bash("keyfob refresh okta");
  await world.oidc.endSessions();
  await bash("keyfob refresh okta", { status: 4 });
  for (const [name, event] of [
    ["notify", "on_refresh"],
    ["tell-owner", "on_login_needed"],
  ]) {
    expect(await heard(join(sandbox.folder, name ?? ""))).toMatchObject({ event, provider: "okta" });
  }
}

/** Writes into config.json where the account's token may be sent. */
async function mayGoTo({ home }: Sandbox, origin: string): Promise<void> {
  const accounts = { local: { resources: [origin] } };
  await Bun.write(join(home, "config.json"), JSON.stringify({ accounts }), { mode: 0o600 });
}

/** A hook runs beside the command, and may end after it. */
async function heard(path: string): Promise<unknown> {
  for (let tries = 0; tries < 100 && Bun.file(path).size === 0; tries++) await Bun.sleep(20);
  return await Bun.file(path).json();
}

async function writeExecutable(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o755 });
}
