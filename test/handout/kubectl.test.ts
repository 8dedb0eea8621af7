/**
 * `keyfob helper kubectl`, used by the Kubernetes client as its exec plugin, and by hand.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { builtBinary } from "../drivers/build.ts";
import { logIn, publicEntry, readToken } from "../drivers/login.ts";
import { createSandbox, type Outcome, type Sandbox } from "../drivers/sandbox.ts";
import { startOidcServer, type OidcServer } from "../servers/oidc.ts";

const V1 = "client.authentication.k8s.io/v1";
const CLUSTER = "https://cluster.example:6443";

let server: OidcServer;
let sandbox: Sandbox;

beforeAll(async () => {
  server = await startOidcServer();
  sandbox = await createSandbox();
  await sandbox.writeRegistry({ local: { ...publicEntry(server), resources: [CLUSTER] } });
  await logIn(sandbox, ["local"]);
});

afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function ask(execInfo?: string, flags: readonly string[] = []): Promise<Outcome> {
  const environment = execInfo === undefined ? {} : { KUBERNETES_EXEC_INFO: execInfo };
  return sandbox.run(["helper", "kubectl", "local", ...flags], { environment });
}

function execInfo(cluster: string, apiVersion = V1): string {
  const spec = { cluster: { server: cluster }, interactive: false };
  return JSON.stringify({ kind: "ExecCredential", apiVersion, spec });
}

/** A cluster that knows whom the authorization server knows, with one namespace. */
function startCluster(): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const token = request.headers.get("Authorization")?.replace(/^Bearer /, "") ?? "";
      const { status } = await server.userinfo(token);
      if (status !== 200) return Response.json({ kind: "Status", code: 401 }, { status: 401 });
      const items = [{ metadata: { name: "keyfob" } }];
      return Response.json({ kind: "NamespaceList", apiVersion: "v1", metadata: {}, items });
    },
  });
}

test("the Kubernetes client lists namespaces with the token", async () => {
  const cluster = startCluster();
  const configuration = new KubeConfig();
  const env = Object.entries({ ...sandbox.environment }).map(([name, value]) => ({ name, value }));
  const exec = {
    apiVersion: V1,
    command: await builtBinary(),
    args: ["helper", "kubectl", "local"],
    env,
    interactiveMode: "Never",
  };
  configuration.loadFromString(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      // The client takes plain http only so, even on loopback.
      clusters: [
        {
          name: "c",
          cluster: { server: `http://127.0.0.1:${cluster.port}`, "insecure-skip-tls-verify": true },
        },
      ],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
  const { items } = await configuration.makeApiClient(CoreV1Api).listNamespace();
  await cluster.stop(true);
  expect(items.map(({ metadata }) => metadata?.name)).toEqual(["keyfob"]);
});

describe("the ExecCredential", () => {
  test("holds the token and its end", async () => {
    const { stdout, stderr, status } = await ask();
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const document = JSON.parse(stdout) as { status: { expirationTimestamp: string } };
    const token = await readToken(sandbox, ["local"]);
    const { expirationTimestamp } = document.status;
    expect(document).toEqual({
      apiVersion: V1,
      kind: "ExecCredential",
      status: { token, expirationTimestamp },
    } as never);
    expect(expirationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(expirationTimestamp)).toBeGreaterThan(Date.now());
  });

  test("holds no end where the token has none", async () => {
    const environment = { KEYFOB_TOKEN_GITHUB: "token-of-github" };
    const { stdout } = await sandbox.run(["helper", "kubectl", "github"], { environment });
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: V1,
      kind: "ExecCredential",
      status: { token: "token-of-github" },
    });
  });

  test("--id-token holds the id_token and the end that it names", async () => {
    const { stdout } = await ask(undefined, ["--id-token"]);
    const { status } = JSON.parse(stdout) as { status: { token: string; expirationTimestamp: string } };
    const claims = JSON.parse(Buffer.from(status.token.split(".")[1] ?? "", "base64url").toString()) as {
      exp: number;
      sub: string;
    };
    expect(claims.sub).toBe("alice");
    expect(Date.parse(status.expirationTimestamp)).toBe(claims.exp * 1000);
  });
});

describe("KUBERNETES_EXEC_INFO", () => {
  test("a cluster among the resources gets the token, in the version that was asked for", async () => {
    const beta = "client.authentication.k8s.io/v1beta1";
    const { stdout, status } = await ask(execInfo(`${CLUSTER}/api/prefix`, beta));
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ apiVersion: beta });
  });

  test.each([
    "https://cluster.example",
    "https://cluster.example:6443@evil.test",
    "http://cluster.example:6443",
    "x",
  ])("another cluster gets nothing: %s", async (cluster) => {
    const { stdout, stderr, status } = await ask(execInfo(cluster));
    expect({ stdout, status }).toEqual({ stdout: "", status: 5 });
    expect(stderr).toContain("resources");
  });

  test.each(["{", "[]", '{"apiVersion":"client.authentication.k8s.io/v1alpha1"}', "null"])(
    "what is not understood is refused: %s",
    async (text) => {
      const { stdout, status } = await ask(text);
      expect({ stdout, status }).toEqual({ stdout: "", status: 2 });
    },
  );

  test("without a cluster the kubeconfig alone decides", async () => {
    expect((await ask(JSON.stringify({ apiVersion: V1, spec: { interactive: true } }))).status).toBe(0);
    expect((await ask("")).status).toBe(0);
  });
});
