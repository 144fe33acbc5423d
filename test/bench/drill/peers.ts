/** The other contenders: clients and retry libraries as documented, and breakers with our open time. */

import axios from 'axios';
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
import got from 'got';
import ky from 'ky';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { Agent, interceptors } from 'undici';
import type { Call, Contender, Reply } from './contender.ts';
import { OPEN_MS } from './ours.ts';
import { ATTEMPT_MS, byAxios, byFetch, byGot, byUndici, type Fetch, initOf, replyOf } from './send.ts';

const limited: Fetch = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(ATTEMPT_MS) });

/** The usual wrapper that turns a bad status into an error, for retries. */
async function strict(url: string, init: RequestInit, signal = AbortSignal.timeout(ATTEMPT_MS)): Promise<Reply> {
  const response = await fetch(url, { ...init, signal });
  const reply = await replyOf(response);
  if (reply.status >= 500 || reply.status === 429) throw Object.assign(new Error('bad status'), { response });
  return reply;
}

const timeouts = { headersTimeout: ATTEMPT_MS, bodyTimeout: ATTEMPT_MS, connectTimeout: ATTEMPT_MS };

export const PEERS: readonly Contender[] = [
  {
    name: 'bare fetch',
    ours: false,
    stale: false,
    breaks: false,
    make: origin => ({ send: byFetch(limited, origin) }),
  },
  {
    name: 'fetch + p-retry',
    ours: false,
    stale: false,
    breaks: false,
    make: origin => ({
      send: call => {
        const init = initOf(call);
        return pRetry(() => strict(origin + call.path, init), { retries: 2, minTimeout: 100 });
      },
    }),
  },
  {
    name: 'axios-retry',
    ours: false,
    stale: false,
    breaks: false,
    make: origin => {
      const instance = axios.create({ timeout: ATTEMPT_MS });
      axiosRetry(instance, { retries: 3, retryDelay: axiosRetry.exponentialDelay, shouldResetTimeout: true });
      return { send: byAxios(instance, origin) };
    },
  },
  {
    name: "got's retry",
    ours: false,
    stale: false,
    breaks: false,
    make: origin => ({ send: byGot(got.extend({ timeout: { request: ATTEMPT_MS } }), origin) }),
  },
  {
    name: "undici's retry",
    ours: false,
    stale: false,
    breaks: false,
    make: origin => {
      const agent = new Agent(timeouts);
      return { send: byUndici(agent.compose(interceptors.retry()), origin), close: () => agent.destroy() };
    },
  },
  {
    name: 'ky',
    ours: false,
    stale: false,
    breaks: false,
    make: origin => {
      const client = ky.create({ timeout: ATTEMPT_MS });
      return {
        send: async call => replyOf(await client(origin + call.path, initOf(call) as object)),
      };
    },
  },
  {
    name: 'opossum + fetch',
    ours: false,
    stale: false,
    breaks: true,
    make: origin => {
      const breaker = new CircuitBreaker((call: Call) => strict(origin + call.path, initOf(call)), {
        timeout: ATTEMPT_MS,
        resetTimeout: OPEN_MS,
      });
      return { send: call => breaker.fire(call), close: () => breaker.shutdown() };
    },
  },
  {
    name: 'cockatiel',
    ours: false,
    stale: false,
    breaks: true,
    make: origin => {
      const policy = wrap(
        retry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 100 }) }),
        circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(5) }),
        timeout(ATTEMPT_MS, TimeoutStrategy.Aggressive),
      );
      return {
        send: call => {
          const init = initOf(call);
          return policy.execute(({ signal }) => strict(origin + call.path, init, signal));
        },
      };
    },
  },
];
