/**
 * Sending exact bytes to a port of 127.0.0.1.
 *
 * @module
 */

/** What comes back for `text` until the other side closes. Never ends the connection itself. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const closed = Promise.withResolvers<void>();
  const pieces: Buffer[] = [];
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_socket, piece) => void pieces.push(Buffer.from(piece)),
      close: () => closed.resolve(),
      end: (socket) => void socket.end(),
      error: () => closed.resolve(),
    },
  });
  socket.write(text);
  socket.flush();
  await closed.promise;
  return Buffer.concat(pieces).toString();
}
