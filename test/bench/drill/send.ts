/** How each client sends a call. */

import { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import type { Got } from 'got';
import { type Dispatcher, request } from 'undici';
import type { Call, Reply, Send } from './contender.ts';

/** An attempt's time limit. */
export const ATTEMPT_MS = 1_000;

export type Fetch = typeof globalThis.fetch;

export function initOf({ method, body }: Call): RequestInit {
  if (body === undefined) return { method };
  const sent = method === 'PUT' ? new Blob([body]).stream() : body;
  return { method, body: sent, duplex: 'half' } as RequestInit;
}

export async function replyOf(response: Response): Promise<Reply> {
  const cacheStatus = response.headers.get('cache-status') ?? undefined;
  return { status: response.status, body: await response.text(), cacheStatus };
}

export const byFetch =
  (fetch: Fetch, origin: string): Send =>
  async call =>
    replyOf(await fetch(origin + call.path, initOf(call)));

export const byAxios =
  (instance: AxiosInstance, origin: string): Send =>
  async ({ method, path, body }) => {
    const data = body === undefined ? {} : { data: method === 'PUT' ? Readable.from([body]) : body };
    // As text, or it would be parsed.
    const config = { url: origin + path, method, maxRedirects: 0, responseType: 'text', ...data } as const;
    const response = await instance.request<string>(config);
    return { status: response.status, body: response.data, cacheStatus: textOf(response.headers['cache-status']) };
  };

export const byGot =
  (client: Got, origin: string): Send =>
  async ({ method, path, body }) => {
    const sent = body === undefined ? {} : { body: method === 'PUT' ? Readable.from([body]) : body };
    const response = await client(origin + path, { method, ...sent });
    return { status: response.statusCode, body: response.body, cacheStatus: textOf(response.headers['cache-status']) };
  };

export const byUndici =
  (dispatcher: Dispatcher, origin: string): Send =>
  async ({ method, path, body }) => {
    const sent = method === 'PUT' ? Readable.from([body ?? '']) : (body ?? null);
    const response = await request(origin + path, { method, body: sent, dispatcher });
    const cacheStatus = textOf(response.headers['cache-status']);
    return { status: response.statusCode, body: await response.body.text(), cacheStatus };
  };

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
