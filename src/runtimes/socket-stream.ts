/** A {@link Socket} as a stream of Node's, for what speaks only to those (TLS). */
import { Duplex } from "node:stream";
import type { Socket } from "./runtime.ts";

/**
 * Reading is not slowed down by the stream's reader but by `socket.pause()`: whoever pauses the reader pauses the socket
 * too. Writing is.
 */
export function streamOf(socket: Socket): Duplex {
  let written: (() => void) | undefined;
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {},
    write(bytes: Uint8Array, _encoding, done) {
      if (socket.closed) done(new Error("socket is closed"));
      else if (socket.write(bytes)) done();
      else written = done;
    },
    final(done) {
      socket.end();
      done();
    },
    destroy(error, done) {
      // A reset would take away what is on its way.
      socket.end();
      if (error === null && socket.pendingBytes === 0) socket.close();
      else socket.destroy();
      done(error);
    },
  });
  socket.handler = {
    // The socket uses its memory again after the call.
    onData: (bytes) => void stream.push(bytes.slice()),
    onDrain() {
      const done = written;
      written = undefined;
      done?.();
    },
    onEnd: () => void stream.push(null),
    onClose: (error) => void stream.destroy(error),
  };
  return stream;
}
