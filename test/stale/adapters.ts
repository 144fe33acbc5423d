/** The adapters that serve stale answers, each as a caller would use it. */

import { gunzipSync } from 'node:zlib';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { type BodyForm, createHttpPolicy, type HttpPolicy, type HttpPolicyOptions, type HttpRules } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import got16 from 'got';
import got15 from 'got-15';
import * as undici8 from 'undici';
import * as undici7 from 'undici-7';

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly cutout?: { readonly stale?: HttpRules['stale'] };
}

/** The result: status and body, after `stale` for a stale answer; `failed` without an answer. */
type Send = (url: string, request?: RequestOptions) => Promise<string>;

/** A caller with one adapter of a policy. */
export interface StaleAdapter {
  readonly name: string;
  /** The form in which it keeps an encoded body. */
  readonly keeps: BodyForm;
  attach(policy: HttpPolicy): { readonly send: Send; close?(): unknown };
}

export function stalePolicy(options: HttpPolicyOptions = {}): HttpPolicy {
  return createHttpPolicy({ retry: false, stale: staleIfError(), ...options });
}

const summary = (status: number, cacheStatus: unknown, body: string): string =>
  `${/cutout; hit/.test(String(cacheStatus)) ? 'stale ' : ''}${status} ${body}`;

async function unlessFailed(send: () => Promise<string>): Promise<string> {
  try {
    return await send();
  } catch {
    return 'failed';
  }
}

function byFetch(fetch: typeof globalThis.fetch): Send {
  return (url, { method = 'GET', ...request } = {}) =>
    unlessFailed(async () => {
      const response = await fetch(url, { method, ...request } as RequestInit);
      return summary(response.status, response.headers.get('cache-status'), await response.text());
    });
}

function byUndici(undici: typeof undici8): StaleAdapter['attach'] {
  return policy => {
    const agent = new undici.Agent();
    const dispatcher = agent.compose(breakerInterceptor(policy) as never);
    const send: Send = (url, request) =>
      unlessFailed(async () => {
        const { statusCode, headers, body } = await undici.request(url, { ...request, dispatcher } as never);
        const bytes = Buffer.from(await body.arrayBuffer());
        const isCoded = headers['content-encoding'] === 'gzip' && bytes.byteLength > 0;
        return summary(statusCode, headers['cache-status'], String(isCoded ? gunzipSync(bytes) : bytes));
      });
    return { send, close: () => agent.destroy() };
  };
}

function byAxios(own: AxiosRequestConfig): StaleAdapter['attach'] {
  return policy => {
    const instance: AxiosInstance = axios.create({ validateStatus: null, transformResponse: data => data, ...own });
    attachBreaker(instance, policy);
    const send: Send = (url, request) =>
      unlessFailed(async () => {
        const { status, headers, data } = await instance.request({ url, ...request } as AxiosRequestConfig);
        const body = typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer).toString();
        return summary(status, headers['cache-status'], body);
      });
    return { send };
  };
}

function byGot(got: typeof got16): StaleAdapter['attach'] {
  return policy => {
    const client = got.extend({ retry: { limit: 0 }, throwHttpErrors: false }, breakerHooks(policy));
    const send: Send = (url, { cutout, ...request } = {}) =>
      unlessFailed(async () => {
        const response = await client(url, { ...(request as object), ...(cutout ? { context: { cutout } } : {}) });
        return summary(response.statusCode, response.headers['cache-status'], response.body);
      });
    return { send };
  };
}

export const STALE_ADAPTERS: readonly StaleAdapter[] = [
  { name: 'fetch', keeps: 'plain', attach: policy => ({ send: byFetch(createFetch(policy)) }) },
  { name: 'undici 8', keeps: 'encoded', attach: byUndici(undici8) },
  { name: 'undici 7', keeps: 'encoded', attach: byUndici(undici7 as unknown as typeof undici8) },
  {
    name: 'built-in fetch over undici',
    keeps: 'encoded',
    attach: policy => {
      const uninstall = installGlobalDispatcher(policy);
      return { send: byFetch(globalThis.fetch), close: uninstall };
    },
  },
  { name: 'axios text', keeps: 'text', attach: byAxios({}) },
  { name: 'axios bytes', keeps: 'plain', attach: byAxios({ responseType: 'arraybuffer' }) },
  { name: 'axios over fetch', keeps: 'text', attach: byAxios({ adapter: 'fetch' }) },
  { name: 'got 16', keeps: 'plain', attach: byGot(got16) },
  { name: 'got 15', keeps: 'plain', attach: byGot(got15 as unknown as typeof got16) },
];
