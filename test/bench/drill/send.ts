/** How each client sends a call. */

import { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import type { Got } from 'got';
import { type Dispatcher, request } from 'undici';
import type { Call, Reply, Send } from './contender.ts';

/** The time limit of an attempt. */
export const ATTEMPT_MS = 1_000;

export type Fetch = typeof globalThis.fetch;

/** Its value is the call's number. */
export const NUMBER_HEADER = 'call-number';

const headersOf = ({ number }: Call): Record<string, string> => ({ [NUMBER_HEADER]: String(number) });

export function initOf(call: Call): RequestInit {
  const { method, body } = call;
  const headers = headersOf(call);
  if (body === undefined) return { method, headers };
  const sent = method === 'PUT' ? new Blob([body]).stream() : body;
  return { method, headers, body: sent, duplex: 'half' } as RequestInit;
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
  async call => {
    const { method, path, body } = call;
    const data = body === undefined ? {} : { data: method === 'PUT' ? Readable.from([body]) : body };
    // As text, or axios would parse it.
    const config = { url: origin + path, method, headers: headersOf(call), maxRedirects: 0, ...data };
    const response = await instance.request<string>({ ...config, responseType: 'text' });
    return { status: response.status, body: response.data, cacheStatus: textOf(response.headers['cache-status']) };
  };

export const byGot =
  (client: Got, origin: string): Send =>
  async call => {
    const { method, path, body } = call;
    const sent = body === undefined ? {} : { body: method === 'PUT' ? Readable.from([body]) : body };
    const response = await client(origin + path, { method, headers: headersOf(call), ...sent });
    return { status: response.statusCode, body: response.body, cacheStatus: textOf(response.headers['cache-status']) };
  };

export const byUndici =
  (dispatcher: Dispatcher, origin: string): Send =>
  async call => {
    const { method, path, body } = call;
    const sent = method === 'PUT' ? Readable.from([body ?? '']) : (body ?? null);
    const response = await request(origin + path, { method, headers: headersOf(call), body: sent, dispatcher });
    const cacheStatus = textOf(response.headers['cache-status']);
    return { status: response.statusCode, body: await response.body.text(), cacheStatus };
  };

function textOf(header: unknown): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
