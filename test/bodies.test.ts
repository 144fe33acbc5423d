/**
 * A request body when the first attempt is cut off after sending it: either a second attempt sends the same bytes, or there is
 * no second attempt. An empty or truncated body answered with 200 is lost data.
 */

import { Readable } from 'node:stream';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { reset, ScriptedServer, type SeenRequest } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import FormDataPackage from 'form-data';
import got from 'got';
import { Agent, request, fetch as undiciFetch } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BYTES = Uint8Array.from({ length: 1_000 }, (_, i) => (i * 7) % 256);

const form = (): FormData => {
  const fields = new FormData();
  fields.append('a', '1');
  fields.append('b', new Blob([BYTES]), 'b.bin');
  return fields;
};
const formPackage = (): FormDataPackage => {
  const fields = new FormDataPackage();
  fields.append('a', '1');
  fields.append('b', Buffer.from(BYTES), { filename: 'b.bin' });
  return fields;
};
async function* generate(): AsyncGenerator<Uint8Array> {
  yield BYTES.subarray(0, 500);
  yield BYTES.subarray(500);
}

/**
 * How often each kind of body reaches the server with each adapter, the first attempt cut off. `-`: the client refuses it;
 * `json`, `text`: the client turns it into `{}` or `[object FormData]`, with or without us.
 */
const BODIES: Readonly<
  Record<
    string,
    readonly [make: () => unknown, fetch: string, axios: string, got: string, request: string, undiciFetch: string]
  >
> = {
  'a text': [() => 'text \u{1F600}', '2', '2', '2', '2', '1'],
  'a Buffer': [() => Buffer.from(BYTES), '2', '2', '2', '2', '1'],
  'a Uint8Array': [() => BYTES, '2', '2', '2', '2', '1'],
  'a DataView': [() => new DataView(BYTES.buffer, 10, 100), '2', '2', '2', '2', '1'],
  'an ArrayBuffer': [() => BYTES.buffer, '2', '2', '-', '2', '1'],
  'a Blob': [() => new Blob([BYTES]), '2', '2', '-', '2', '1'],
  'a FormData': [form, '2', '2', '1', '-', '1'],
  'a URLSearchParams': [() => new URLSearchParams({ a: '1', b: '2' }), '2', '2', '-', '-', '1'],
  'a Node Readable': [() => Readable.from([BYTES]), '1', '1', '1', '1', '1'],
  'a web stream': [() => new Blob([BYTES]).stream(), '1', '-', '1', '1', '1'],
  'an async iterable': [() => ({ [Symbol.asyncIterator]: generate }), '1', 'json', '1', '1', '1'],
  'a generator': [generate, '1', 'json', '1', '1', '1'],
  'a form-data package': [formPackage, 'text', '1', '-', '1', 'text'],
};

const retry = { backoff: () => 1 };
const agent = new Agent();
const dispatcher = agent.compose(breakerInterceptor({ retry }) as never);

const senders: readonly ((url: string, body: unknown) => Promise<number>)[] = [
  async (url, body) => {
    const init = { method: 'PUT', body, duplex: 'half' } as RequestInit;
    return (await createFetch({ retry })(url, init)).status;
  },
  async (url, data) => {
    const instance = axios.create();
    attachBreaker(instance, { retry });
    return (await instance.put(url, data, { maxRedirects: 0 })).status;
  },
  async (url, body) => (await got.extend(breakerHooks({ retry })).put(url, { body: body as never })).statusCode,
  async (url, body) => (await request(url, { method: 'PUT', body: body as never, dispatcher })).statusCode,
  async (url, body) => (await undiciFetch(url, { method: 'PUT', body, duplex: 'half', dispatcher } as never)).status,
];
const ADAPTERS = ['fetch', 'axios', 'got', 'undici.request', 'undici.fetch'] as const;

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
  server.next(reset);
});
afterEach(() => server.close());

/** Multipart boundaries may differ per attempt; the parts may not. */
function bytesOf({ rawBody, headers }: SeenRequest): string {
  const boundary = /boundary="?([^";]+)/.exec(String(headers['content-type']))?.[1] ?? '';
  const text = Buffer.from(rawBody).toString('latin1');
  return boundary ? text.replaceAll(boundary, '') : text;
}

describe.each(ADAPTERS.map((adapter, i) => [adapter, i] as const))('behind %s', (_adapter, column) => {
  it.each(Object.entries(BODIES))('%s is resent completely, or not at all', async (_name, [make, ...expected]) => {
    const send = senders[column] as (typeof senders)[number];
    const status = await send(server.url(), make()).catch(error => error as Error);
    const seen = server.requests.map(bytesOf);
    if (expected[column] === 'json') return expect(new Set(seen)).toEqual(new Set(['{}']));
    if (expected[column] === 'text') return expect(new Set(seen)).toEqual(new Set(['[object FormData]']));
    if (expected[column] === '-') return expect(status, seen.join()).not.toBe(200);
    expect(seen.length, String(status)).toBe(Number(expected[column]));
    expect(new Set(seen).size).toBe(1);
    expect(seen[0]?.length).toBeGreaterThan(6);
    if (seen.length === 2) expect(status).toBe(200);
    else expect(status).toBeInstanceOf(Error);
  });
});

describe('a Request with a body', () => {
  it('is sent once: another read would need a copy', async () => {
    const sent = new Request(server.url(), { method: 'PUT', body: 'text' });
    await expect(createFetch({ retry })(sent)).rejects.toThrow('fetch failed');
    expect(server.requests.map(({ body }) => body)).toEqual(['text']);
  });

  it('is resent with a body of init, which replaces its own', async () => {
    const sent = new Request(server.url(), { method: 'PUT', body: 'text' });
    expect((await createFetch({ retry })(sent, { body: 'other' })).status).toBe(200);
    expect(server.requests.map(({ body }) => body)).toEqual(['other', 'other']);
  });
});
