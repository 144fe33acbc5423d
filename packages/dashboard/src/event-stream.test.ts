import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EventStream } from './event-stream.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** A stream whose reader reads nothing until the test lets it. */
async function streamTo(): Promise<{
  stream: EventStream;
  response: ServerResponse;
  reader: Socket;
  ended: unknown[];
}> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1');
  undo.push(() => reader.destroy());
  reader.pause();
  reader.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [request, response] = await once(server, 'request');
  const ended: unknown[] = [];
  return { stream: new EventStream(request, response, () => ended.push(1)), response, reader, ended };
}

const LARGE = 'x'.repeat(200_000);
const TRIES = 200;

/** Offers far more than fits; returns how often the stream was ready. */
async function fill(stream: EventStream, now: number): Promise<number> {
  let sent = 0;
  for (let i = 0; i < TRIES; i++) {
    if (stream.ready(now)) {
      stream.send('diff', LARGE);
      sent += 1;
    }
    await new Promise(resolve => setImmediate(resolve));
  }
  return sent;
}

it('buffers little for a stalled reader, and finally closes the stream', async () => {
  const { stream, response, ended } = await streamTo();
  expect(await fill(stream, 0)).toBeLessThan(TRIES);
  expect(response.writableLength).toBeLessThan(1024 * 1024 + 2 * LARGE.length);
  expect(stream.ready(30_000)).toBe(false);
  expect(response.destroyed).toBe(false);
  expect(stream.ready(30_001)).toBe(false);
  await once(response, 'close');
  expect(ended).toEqual([1]);
});

it('continues when a reader reads again', async () => {
  const { stream, response, reader, ended } = await streamTo();
  await fill(stream, 0);
  reader.resume();
  await once(response, 'drain');
  expect(stream.ready(29_000)).toBe(true);
  reader.pause();
  await fill(stream, 40_000);
  expect(stream.ready(65_000)).toBe(false);
  expect([response.destroyed, ended]).toEqual([false, []]);
});
