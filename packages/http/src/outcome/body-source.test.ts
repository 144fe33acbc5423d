import { Readable, Writable } from 'node:stream';
import { ReadableStream as NodeWebStream } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../call/attempt.ts';
import { watchIterated, watchPiped } from './body-source.ts';
import type { HttpRequest } from './request.ts';

const REQUEST: HttpRequest = {
  method: 'PUT',
  url: 'http://a.example/',
  headers: { get: () => null },
  replayable: false,
};
const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });

async function* failing(): AsyncGenerator<string> {
  yield 'part';
  throw RESET;
}

async function drain(body: AsyncIterable<unknown>): Promise<unknown> {
  const parts: unknown[] = [];
  try {
    for await (const part of body) parts.push(part);
    return parts;
  } catch (error) {
    return error;
  }
}

function closed(stream: Readable): Promise<void> {
  return new Promise(resolve => stream.on('close', resolve));
}

/** Reads as `undici` and `pipe` do. */
function read(stream: Readable): () => void {
  const onData = (): void => undefined;
  stream.on('data', onData);
  return () => stream.off('data', onData);
}

describe('a body that the client iterates', () => {
  const sources: Record<string, (make: () => AsyncGenerator<string>) => AsyncIterable<unknown>> = {
    'an async iterable': make => make(),
    'a web stream': make => NodeWebStream.from(make()),
    'a Node stream': make => Readable.from(make()),
  };
  for (const [what, source] of Object.entries(sources)) {
    it(`has failed when ${what} fails, with its own error`, async () => {
      const { body, failed } = watchIterated(source(failing));
      expect(await drain(body)).toBe(RESET);
      expect(failed()).toBe(true);
    });

    it(`has not failed when ${what} is left early or read whole`, async () => {
      const left = watchIterated(source(failing));
      for await (const _ of left.body) break;
      const whole = watchIterated(
        source(async function* () {
          yield 'a';
        }),
      );
      expect(await drain(whole.body)).toEqual(['a']);
      expect([left.failed(), whole.failed()]).toEqual([false, false]);
    });
  }

  it('cancels a web stream that the client cancels', async () => {
    let reason: unknown;
    const source = new ReadableStream({
      cancel: why => {
        reason = why;
      },
    });
    await watchIterated(source).body.cancel('enough');
    expect(reason).toBe('enough');
  });

  it('lets the client cancel a web stream that has failed unread', async () => {
    const source = new ReadableStream({ pull: controller => controller.error(RESET) });
    const { body } = watchIterated(source);
    await new Promise(resolve => setImmediate(resolve));
    await expect(body.cancel('enough')).resolves.toBeUndefined();
  });

  it('reads nothing before the client does', () => {
    let pulls = 0;
    watchIterated(new ReadableStream({ pull: () => void pulls++ }, { highWaterMark: 0 }));
    expect(pulls).toBe(0);
  });

  it('leaves alone what cannot fail, and what was read before', async () => {
    const locked = new ReadableStream();
    locked.getReader();
    const used = Readable.from(['a']);
    await drain(used);
    for (const body of ['text', null, undefined, new Uint8Array(2), new Blob(['a']), locked, used]) {
      expect(watchIterated(body).body).toBe(body);
      expect(watchIterated(body).failed()).toBe(false);
    }
  });
});

describe('a stream that the client pipes', () => {
  it('has failed when it emits an error of its own, even one that looks like the wire', async () => {
    const stream = new Readable({ read: () => undefined });
    const { body, failed } = watchPiped(stream);
    read(stream);
    stream.destroy(RESET);
    await closed(stream);
    expect(body).toBe(stream);
    expect(failed()).toBe(true);
  });

  it('has failed when it closes before its end, before or after it was taken', async () => {
    const [early, late, gone] = [0, 1, 2].map(() => new Readable({ read: () => undefined })) as [
      Readable,
      Readable,
      Readable,
    ];
    gone.destroy();
    const watched = [early, late, gone].map(watchPiped);
    read(late);
    early.destroy();
    late.destroy();
    await Promise.all([closed(early), closed(late)]);
    expect(watched.map(({ failed }) => failed())).toEqual([true, true, true]);
  });

  it('has not failed when the client destroys it with the error of the connection', async () => {
    const stream = new Readable({ read: () => undefined });
    const { failed } = watchPiped(stream);
    const stop = read(stream);
    stop();
    stream.destroy(RESET);
    await closed(stream);
    expect(failed()).toBe(false);
  });

  it('has not failed when the target of its pipe fails', async () => {
    const stream = new Readable({ read: () => undefined });
    const { failed } = watchPiped(stream);
    const target = new Writable();
    stream.pipe(target);
    target.on('error', () => stream.destroy(RESET)).destroy(RESET);
    await closed(stream);
    expect(failed()).toBe(false);
  });

  it('has not failed when it ends, is destroyed after the first answer, or is no stream', async () => {
    const whole = Readable.from(['a']);
    const watchedWhole = watchPiped(whole);
    await drain(whole);
    const later = new Readable({ read: () => undefined });
    const watchedLater = watchPiped(later);
    expect(watchedLater.failed()).toBe(false);
    later.destroy();
    await closed(later);
    expect([watchedWhole.failed(), watchedLater.failed(), watchPiped('text').failed()]).toEqual([false, false, false]);
  });
});

describe('an attempt whose body failed', () => {
  it('is no evidence about the host, whatever the error', () => {
    const timeout = Object.assign(new Error('late'), { name: 'TimeoutError' });
    for (const error of [RESET, new TypeError('fetch failed'), timeout]) {
      expect(outcomeOfError(error, { ...REQUEST, bodyFailed: () => true }, 1).kind).toBe('local');
      expect(outcomeOfError(error, { ...REQUEST, bodyFailed: () => false }, 1).kind).not.toBe('local');
    }
  });

  it('is no evidence about the host where a Blob has changed', () => {
    const error = new TypeError('fetch failed', { cause: new DOMException('changed', 'NotReadableError') });
    expect(outcomeOfError(error, { ...REQUEST, replayable: true }, 1).kind).toBe('local');
  });
});
