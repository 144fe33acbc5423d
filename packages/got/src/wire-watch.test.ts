import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { WireWatch } from './wire-watch.ts';

const wireOf = (socket?: Socket): ClientRequest =>
  Object.assign(new EventEmitter(), { destroy: () => undefined, socket }) as unknown as ClientRequest;

it('has its host from the start where the socket is there, as over HTTP/2, and else once it is', () => {
  expect(new WireWatch(wireOf(new Socket()), () => false).hasHost(false)).toBe(true);
  const wire = wireOf();
  const watch = new WireWatch(wire, () => false);
  expect(watch.hasHost(false)).toBe(false);
  wire.emit('socket', new Socket());
  expect(watch.hasHost(false)).toBe(true);
});

it('has no host while the application looks it up', () => {
  const socket = Object.assign(new Socket(), { connecting: true });
  const watch = new WireWatch(wireOf(socket), () => false);
  expect([watch.hasHost(true), watch.hasHost(false)]).toEqual([false, true]);
  socket.emit('lookup');
  expect(watch.hasHost(true)).toBe(true);
});

it('reports an error where the request that it ends reports none, once', async () => {
  const wire = wireOf();
  const watch = new WireWatch(wire, () => false);
  const errors: unknown[] = [];
  wire.on('error', error => errors.push(error));
  const late = new Error('late');
  watch.end(late);
  await new Promise(resolve => setImmediate(resolve));
  expect(errors).toEqual([late]);
});

it('gathers no listeners on a socket that is used again and again', () => {
  const socket = new Socket();
  for (let i = 0; i < 3; i++) new WireWatch(wireOf(socket), () => false);
  expect(socket.listenerCount('lookup')).toBe(0);
});
