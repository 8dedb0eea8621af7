/**
 * A real HTTP proxy on loopback that opens tunnels (CONNECT) and knows names that exist nowhere else.
 *
 * @module
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A running proxy. */
export interface ConnectProxy extends AsyncDisposable {
  readonly origin: string;
  /** Where tunnels were asked for, as `host:port`. */
  readonly asked: string[];
  /** Whether every tunnel is refused with 407. */
  wantsPassword: boolean;
}

/** Starts a proxy on a free port of 127.0.0.1; `places` gives the loopback port behind each `host:port`. */
export async function startConnectProxy(places: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    sockets.add(client);
    client.on("error", () => {});
    client.once("data", (head) => {
      const target = /^CONNECT (\S+) /.exec(head.toString("latin1"))?.[1] ?? "";
      proxy.asked.push(target);
      const port = places[target];
      if (proxy.wantsPassword) return client.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      if (port === undefined) return client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      const server = connect({ host: "127.0.0.1", port }, () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(server).pipe(client);
      });
      sockets.add(server);
      server.on("error", () => {});
      return undefined;
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const proxy: ConnectProxy = {
    origin: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    asked: [],
    wantsPassword: false,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
  return proxy;
}
