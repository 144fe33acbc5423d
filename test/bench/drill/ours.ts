/** Our contenders: each adapter with the same time limit and open time, with and without stale answers. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicyOptions } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent } from 'undici';
import type { Contender } from './contender.ts';
import { ATTEMPT_MS, byAxios, byFetch, byGot, byUndici, type Fetch } from './send.ts';

export const OPEN_MS = 2_000;

type Options = HttpPolicyOptions<never>;
type Adapter = (options: Options) => Contender['make'];

const PLAIN: Options = { attemptTimeoutMs: ATTEMPT_MS, breaker: { openDurationMs: OPEN_MS } };
const STALE: Options = { ...PLAIN, stale: staleIfError() };

const fetchAdapter: Adapter = options => origin => ({ send: byFetch(createFetch(options as never) as Fetch, origin) });

const axiosAdapter: Adapter = options => origin => {
  const instance = axios.create();
  attachBreaker(instance, options as never);
  return { send: byAxios(instance, origin) };
};

const gotAdapter: Adapter = options => origin => ({ send: byGot(got.extend(breakerHooks(options)), origin) });

const undiciAdapter: Adapter = options => origin => {
  const agent = new Agent();
  const send = byUndici(agent.compose(breakerInterceptor(options) as never), origin);
  return { send, close: () => agent.destroy() };
};

const plain = (name: string, adapter: Adapter): Contender => contender(`cutout ${name}`, adapter(PLAIN), false);
const stale = (name: string, adapter: Adapter): Contender => contender(`cutout ${name} + stale`, adapter(STALE), true);

function contender(name: string, make: Contender['make'], stale: boolean): Contender {
  return { name, ours: true, breaks: true, stale, make };
}

export const OURS: readonly Contender[] = [
  plain('fetch', fetchAdapter),
  plain('axios', axiosAdapter),
  plain('got', gotAdapter),
  plain('undici', undiciAdapter),
  stale('fetch', fetchAdapter),
  stale('axios', axiosAdapter),
  stale('got', gotAdapter),
  stale('undici', undiciAdapter),
];
