/**
 * A little internet: hosts that the README names, answered by servers on loopback, through a proxy and a certificate.
 *
 * @module
 */
import { join } from "node:path";
import { output } from "../../src/release/tool.ts";
import { startConnectProxy } from "../servers/connect_proxy.ts";

/** Where requests to a host go: an origin on loopback, chosen by the path. */
export type Place = (path: string) => string;

/** It is up. */
export interface Internet extends AsyncDisposable {
  /** What makes keyfob, curl and git use it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Hosts that were asked for, as `host:port`. */
  readonly asked: readonly string[];
  /** The same address on loopback; an address that is there already stays. */
  locate(address: string): string;
}

/** Starts it; the certificate is made in `folder`. */
export async function startInternet(
  places: Readonly<Record<string, Place>>,
  folder: string,
): Promise<Internet> {
  const [cert, key] = [join(folder, "internet.pem"), join(folder, "internet.key")];
  const names = Object.keys(places).map((host) => `DNS:${host}`);
  const request = ["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const subject = ["-subj", "/CN=the README's internet", "-addext", `subjectAltName=${names.join()}`];
  await output(["openssl", ...request, ...subject, "-keyout", key, "-out", cert], { folder });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: Bun.file(cert), key: Bun.file(key) },
    fetch: async (incoming) => {
      const { body, method, headers } = incoming;
      const address = new URL(incoming.url);
      address.host = headers.get("host") ?? address.host;
      return await fetch(locate(address.href), { method, headers, body, redirect: "manual" });
    },
  });
  const locate = (address: string): string => {
    const url = new URL(address);
    const place = places[url.hostname];
    return place === undefined ? address : `${place(url.pathname)}${url.pathname}${url.search}`;
  };
  const ports = Object.keys(places).map((host) => [`${host}:443`, Number(server.port)]);
  const proxy = await startConnectProxy(Object.fromEntries(ports));
  return {
    environment: {
      HTTPS_PROXY: proxy.origin,
      NODE_EXTRA_CA_CERTS: cert,
      CURL_CA_BUNDLE: cert,
      GIT_SSL_CAINFO: cert,
    },
    asked: proxy.asked,
    locate,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server.stop(true);
    },
  };
}
