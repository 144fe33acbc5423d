/**
 * Who is compared: clients as their documentation shows them, all with the same time limit for an attempt, and breakers with
 * the same open time. `send` resolves with the status once the body has been read, and rejects as the client does.
 */

import { Readable } from 'node:stream';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicyOptions } from '@cutout/http';
import { breakerInterceptor } from '@cutout/undici';
import axios, { type AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import {
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import got, { type Got } from 'got';
import ky from 'ky';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { Agent, type Dispatcher, interceptors, request } from 'undici';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** PUT sends it as a stream, which can be read once. */
  readonly body: string | undefined;
}

export interface Contender {
  readonly name: string;
  readonly ours: boolean;
  /** Has a circuit that opens. */
  readonly breaks: boolean;
  make(url: string): { send(call: Call): Promise<number>; close?(): unknown };
}

const ATTEMPT_MS = 1_000;
const OPEN_MS = 2_000;
const OURS: HttpPolicyOptions<never> = { attemptTimeoutMs: ATTEMPT_MS, breaker: { openDurationMs: OPEN_MS } };

type Send = (call: Call) => Promise<number>;
type Fetch = typeof globalThis.fetch;

function initOf({ method, body }: Call): RequestInit {
  if (body === undefined) return { method };
  const sent = method === 'PUT' ? new Blob([body]).stream() : body;
  return { method, body: sent, duplex: 'half' } as RequestInit;
}

const byFetch =
  (fetch: Fetch, url: string): Send =>
  async call => {
    const response = await fetch(url, initOf(call));
    await response.text();
    return response.status;
  };

const limited: Fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(ATTEMPT_MS) });

/** What people write around a fetch so that a bad status is an error to retry. */
async function strict(url: string, init: RequestInit, signal = AbortSignal.timeout(ATTEMPT_MS)): Promise<number> {
  const response = await fetch(url, { ...init, signal });
  await response.text();
  if (response.status >= 500 || response.status === 429) throw Object.assign(new Error('bad status'), { response });
  return response.status;
}

const byAxios =
  (instance: AxiosInstance, url: string): Send =>
  async ({ method, body }) => {
    const data = body === undefined ? {} : { data: method === 'PUT' ? Readable.from([body]) : body };
    return (await instance.request({ url, method, ...data, maxRedirects: 0 })).status;
  };

const byGot =
  (client: Got, url: string): Send =>
  async ({ method, body }) => {
    const sent = body === undefined ? {} : { body: method === 'PUT' ? Readable.from([body]) : body };
    return (await client(url, { method, ...sent })).statusCode;
  };

const byUndici =
  (dispatcher: Dispatcher, url: string): Send =>
  async ({ method, body }) => {
    const sent = method === 'PUT' ? Readable.from([body ?? '']) : (body ?? null);
    const response = await request(url, { method, body: sent, dispatcher });
    await response.body.text();
    return response.statusCode;
  };

const timeouts = { headersTimeout: ATTEMPT_MS, bodyTimeout: ATTEMPT_MS, connectTimeout: ATTEMPT_MS };

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'bare fetch',
    ours: false,
    breaks: false,
    make: url => ({ send: byFetch(limited, url) }),
  },
  {
    name: 'fetch + p-retry',
    ours: false,
    breaks: false,
    make: url => ({
      send: call => {
        const init = initOf(call);
        return pRetry(() => strict(url, init), { retries: 2, minTimeout: 100 });
      },
    }),
  },
  {
    name: 'axios-retry',
    ours: false,
    breaks: false,
    make: url => {
      const instance = axios.create({ timeout: ATTEMPT_MS });
      axiosRetry(instance, { retries: 3, retryDelay: axiosRetry.exponentialDelay, shouldResetTimeout: true });
      return { send: byAxios(instance, url) };
    },
  },
  {
    name: "got's retry",
    ours: false,
    breaks: false,
    make: url => ({ send: byGot(got.extend({ timeout: { request: ATTEMPT_MS } }), url) }),
  },
  {
    name: "undici's retry",
    ours: false,
    breaks: false,
    make: url => {
      const agent = new Agent(timeouts);
      return { send: byUndici(agent.compose(interceptors.retry()), url), close: () => agent.destroy() };
    },
  },
  {
    name: 'ky',
    ours: false,
    breaks: false,
    make: url => {
      const client = ky.create({ timeout: ATTEMPT_MS });
      return {
        send: async call => {
          const response = await client(url, initOf(call) as object);
          await response.text();
          return response.status;
        },
      };
    },
  },
  {
    name: 'opossum + fetch',
    ours: false,
    breaks: true,
    make: url => {
      const breaker = new CircuitBreaker((call: Call) => strict(url, initOf(call)), {
        timeout: ATTEMPT_MS,
        resetTimeout: OPEN_MS,
      });
      return { send: call => breaker.fire(call), close: () => breaker.shutdown() };
    },
  },
  {
    name: 'cockatiel',
    ours: false,
    breaks: true,
    make: url => {
      const policy = wrap(
        retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 100 }) }),
        circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(5) }),
        timeout(ATTEMPT_MS, TimeoutStrategy.Aggressive),
      );
      return {
        send: call => {
          const init = initOf(call);
          return policy.execute(({ signal }) => strict(url, init, signal));
        },
      };
    },
  },
  {
    name: 'cutout fetch',
    ours: true,
    breaks: true,
    make: url => ({ send: byFetch(createFetch(OURS as never) as Fetch, url) }),
  },
  {
    name: 'cutout axios',
    ours: true,
    breaks: true,
    make: url => {
      const instance = axios.create();
      attachBreaker(instance, OURS as never);
      return { send: byAxios(instance, url) };
    },
  },
  {
    name: 'cutout got',
    ours: true,
    breaks: true,
    make: url => ({ send: byGot(got.extend(breakerHooks(OURS)), url) }),
  },
  {
    name: 'cutout undici',
    ours: true,
    breaks: true,
    make: url => {
      const agent = new Agent();
      const send = byUndici(agent.compose(breakerInterceptor(OURS) as never), url);
      return { send, close: () => agent.destroy() };
    },
  },
];
