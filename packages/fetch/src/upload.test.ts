import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as nodeRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { ReadableStream as NodeWebStream } from 'node:stream/web';
import { ScriptedServer } from '@cutout/testing';
import { FormData as UndiciForm, fetch as undiciFetch } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CutoutFetch, createFetch } from './create-fetch.ts';

/** An error as of a connection: only its origin shows that it is the source's. */
const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });

let server: ScriptedServer;
let directory: string;
beforeEach(async () => {
  server = await ScriptedServer.start();
  directory = await mkdtemp(join(tmpdir(), 'upload-'));
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function* parts(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('first part');
  throw RESET;
}

async function changedFile(): Promise<Blob> {
  const file = join(directory, 'file');
  await writeFile(file, 'x'.repeat(100));
  const blob = await openAsBlob(file);
  await writeFile(file, 'y'.repeat(50));
  return blob;
}

function unreadable(): Readable {
  let reads = 0;
  return new Readable({
    read() {
      if (reads++ === 0) this.push('first part');
      else this.destroy(RESET);
    },
  });
}

const SOURCES: Record<string, () => unknown> = {
  'a Node stream': unreadable,
  'a Node stream piped on': () => {
    const source = unreadable();
    const body = new PassThrough();
    source.on('error', error => body.destroy(error)).pipe(body);
    return body;
  },
  'an async iterator': parts,
  'an async iterable that cannot be changed': () => Object.freeze({ [Symbol.asyncIterator]: parts }),
  'a web stream': () => NodeWebStream.from(parts()),
  'a Node stream as a web stream': () => Readable.toWeb(unreadable()),
};

/** A fetch of another library, which pipes what it is given. */
const piping = (url: unknown, init?: { method?: string; body?: unknown }): Promise<Response> =>
  new Promise((resolve, reject) => {
    const body = init?.body as Readable;
    const request = nodeRequest(String(url), { method: init?.method ?? 'GET' }, answer => {
      answer.resume();
      resolve(new Response(null, { status: answer.statusCode ?? 500 }));
    });
    request.on('error', reject);
    body.on('error', error => request.destroy(error));
    body.pipe(request);
  });

const CLIENTS: Record<string, typeof globalThis.fetch> = {
  'built-in fetch': (input, init) => globalThis.fetch(input, init),
  "undici's fetch": undiciFetch as never,
};

const put = (body: unknown): RequestInit => ({ method: 'PUT', body, duplex: 'half' }) as RequestInit;

function expectNoWordOnTheHost(fetch: CutoutFetch, calls: number): void {
  const metrics = fetch.policy.metricsOf(server.origin);
  expect(metrics?.answers).toMatchObject({ success: 0, failure: 0, ignore: calls });
  expect([metrics?.retries, metrics?.inFlight]).toEqual([0, 0]);
}

describe.each(Object.entries(CLIENTS))('behind %s, a body whose source fails', (_, client) => {
  it.each(Object.entries(SOURCES))('is ignored, and sent once: %s', async (_name, source) => {
    const fetch = createFetch({ fetch: client, breaker: { failures: 1 } });
    for (let i = 0; i < 3; i++) await expect(fetch(server.url(), put(source()))).rejects.toThrow();
    expectNoWordOnTheHost(fetch, 3);
  });

  it('is ignored where a file has changed since it was opened', async () => {
    const fetch = createFetch({ fetch: client });
    await expect(fetch(server.url(), put(await changedFile()))).rejects.toThrow();
    expectNoWordOnTheHost(fetch, 1);
  });

  it('counts where it is the host that ends the upload', async () => {
    const broken: Server = createServer(request => request.once('data', () => request.socket.resetAndDestroy()));
    await new Promise<void>(resolve => broken.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}/`;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield new Uint8Array(65_536);
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    const fetch = createFetch({ fetch: client });
    for (const body of [endless(), Readable.from(endless()), NodeWebStream.from(endless())]) {
      await expect(fetch(url, put(body))).rejects.toThrow();
    }
    broken.close();
    expect(fetch.policy.metricsOf(url)?.answers).toMatchObject({ failure: 3, ignore: 0 });
  });

  it('stays unread and unlocked where the request is refused', async () => {
    const fetch = createFetch({ fetch: client });
    const body = new ReadableStream({ pull: controller => controller.close() });
    await expect(fetch(server.url(), { method: '\0', body, duplex: 'half' } as RequestInit)).rejects.toThrow(TypeError);
    expect(body.locked).toBe(false);
  });
});

it('a Request whose body fails is ignored', async () => {
  const fetch = createFetch();
  for (const source of [unreadable(), NodeWebStream.from(parts())]) {
    await expect(fetch(new Request(server.url(), put(source)))).rejects.toThrow();
  }
  expectNoWordOnTheHost(fetch, 2);
});

// Not behind Node's own fetch, which never settles then.
it('a file that has changed is ignored in a form too', async () => {
  const form = new UndiciForm();
  form.set('file', await changedFile());
  const fetch = createFetch({ fetch: undiciFetch as never });
  await expect(fetch(server.url(), put(form))).rejects.toThrow();
  expectNoWordOnTheHost(fetch, 1);
});

it('a Node stream is piped by a fetch that pipes, and ignored when it fails there', async () => {
  const fetch = createFetch({ fetch: piping as never });
  const whole = Readable.from(['all of it']);
  expect((await fetch(server.url(), put(whole))).status).toBe(200);
  expect(server.requests.map(({ body }) => body)).toEqual(['all of it']);
  await expect(fetch(server.url(), put(unreadable()))).rejects.toThrow('ECONNRESET');
  expect(fetch.policy.metricsOf(server.origin)?.answers).toMatchObject({ success: 1, failure: 0, ignore: 1 });
});

it('the upload of a browser that leaves is ignored when it is passed on', async () => {
  const fetch = createFetch();
  const front = createServer(async (request, response) => {
    await fetch(server.url(), put(request)).catch(() => undefined);
    response.end();
    ended();
  });
  let ended = (): void => undefined;
  await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/`;
  const end = new Promise<void>(resolve => {
    ended = resolve;
  });
  const browser = nodeRequest(url, { method: 'PUT', headers: { 'content-length': 1_000 } }).on(
    'error',
    () => undefined,
  );
  front.once('request', () => setImmediate(() => browser.destroy()));
  browser.write('part');
  await end;
  front.close();
  expectNoWordOnTheHost(fetch, 1);
});
