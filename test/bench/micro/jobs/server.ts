/** A server with minimal cost, so the clients dominate the measurement: it only finds the end of each request. */

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const BODY = JSON.stringify({ id: 4711, items: ['a', 'b', 'c'], note: 'x'.repeat(150) });
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;
const END = '\r\n\r\n';

export interface Listening {
  readonly url: string;
}

/** Runs until its process is stopped. */
export async function server(_: Record<string, never>): Promise<Listening> {
  const listener = createServer({ noDelay: true }, serve).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (typeof address !== 'object' || !address) throw new Error(`the server must have a port, got ${String(address)}`);
  return { url: `http://127.0.0.1:${address.port}/items` };
}

function serve(socket: Socket): void {
  let text = '';
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  socket.on('data', chunk => {
    const requests = (text + chunk).split(END);
    text = requests.pop() ?? '';
    if (requests.length > 0) socket.write(ANSWER.repeat(requests.length));
  });
}
