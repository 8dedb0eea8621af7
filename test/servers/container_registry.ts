/**
 * A container registry on loopback with one image, for those whom the authorization server knows.
 *
 * @module
 */
import type { OidcServer } from "./oidc.ts";

/** A running registry. */
export interface ContainerRegistry extends AsyncDisposable {
  /** Host and port, as docker names it. */
  readonly host: string;
  /** Every credential that was sent, oldest first, as `username:password`. */
  readonly credentials: string[];
}

const MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIGURATION = "{}";

/** Starts a registry whose one image is `demo/image:latest`. */
export function startContainerRegistry(authorization: OidcServer): ContainerRegistry {
  const credentials: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const [, encoded] = /^Basic (.+)$/.exec(request.headers.get("Authorization") ?? "") ?? [];
      if (encoded === undefined) return refuse();
      const credential = Buffer.from(encoded, "base64").toString();
      credentials.push(credential);
      const { status } = await authorization.userinfo(credential.split(":")[1] ?? "");
      return status === 200 ? answer(new URL(request.url).pathname) : refuse();
    },
  });
  return {
    host: `127.0.0.1:${server.port}`,
    credentials,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

function refuse(): Response {
  const headers = { "WWW-Authenticate": 'Basic realm="registry"' };
  return Response.json({ errors: [{ code: "UNAUTHORIZED", message: "no" }] }, { status: 401, headers });
}

/** The part of the distribution protocol that reading a manifest takes. */
function answer(path: string): Response {
  if (path === "/v2/") return Response.json({});
  if (path.startsWith("/v2/demo/image/blobs/")) return new Response(CONFIGURATION);
  if (!path.startsWith("/v2/demo/image/manifests/")) return new Response("none", { status: 404 });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: {
      mediaType: "application/vnd.docker.container.image.v1+json",
      size: CONFIGURATION.length,
      digest: digestOf(CONFIGURATION),
    },
    layers: [],
  });
  const headers = { "Content-Type": MANIFEST_TYPE, "Docker-Content-Digest": digestOf(manifest) };
  return new Response(manifest, { headers });
}

function digestOf(text: string): string {
  return `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
}
