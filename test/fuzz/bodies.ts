/** Request bodies: complete ones, and sources that fail, stall, or return invalid values. */

import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Planted } from './hostile.ts';

async function* failing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(100);
  throw new Planted('the source failed');
}

async function* slow(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 4; i++) {
    yield new Uint8Array(100);
    await sleep(10);
  }
}

async function* stalling(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(100);
  await new Promise(() => undefined);
}

export const BODIES = {
  none: () => undefined,
  'a text': () => 'text',
  bytes: () => Buffer.alloc(1_000),
  'a large text': () => 'x'.repeat(200_000),
  'a stream': () => Readable.from([Buffer.alloc(100)]),
  'a slow stream': () => Readable.from(slow()),
  'a stream that fails': () => Readable.from(failing()),
  'a stream that stalls': () => Readable.from(stalling()),
  'a stream destroyed at once': () => {
    const stream = Readable.from([Buffer.alloc(100)]);
    stream.on('error', () => undefined).destroy(new Planted('destroyed'));
    return stream;
  },
  'a web stream that fails': () =>
    new ReadableStream({
      pull(controller) {
        controller.error(new Planted('the source failed'));
      },
    }),
  'an iterable that fails': failing,
  'a form': () => {
    const form = new FormData();
    form.append('a', new Blob(['x']));
    return form;
  },
  'a number': () => 7,
} satisfies Record<string, () => unknown>;

export type BodyName = keyof typeof BODIES;
