/** Ours: each door with the same time limit and open time, and once more with stale answers. */

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
type Door = (options: Options) => Contender['make'];

const PLAIN: Options = { attemptTimeoutMs: ATTEMPT_MS, breaker: { openDurationMs: OPEN_MS } };
const STALE: Options = { ...PLAIN, stale: staleIfError() };

const fetchDoor: Door = options => origin => ({ send: byFetch(createFetch(options as never) as Fetch, origin) });

const axiosDoor: Door = options => origin => {
  const instance = axios.create();
  attachBreaker(instance, options as never);
  return { send: byAxios(instance, origin) };
};

const gotDoor: Door = options => origin => ({ send: byGot(got.extend(breakerHooks(options)), origin) });

const undiciDoor: Door = options => origin => {
  const agent = new Agent();
  const send = byUndici(agent.compose(breakerInterceptor(options) as never), origin);
  return { send, close: () => agent.destroy() };
};

const plain = (name: string, door: Door): Contender => contender(`cutout ${name}`, door(PLAIN), false);
const stale = (name: string, door: Door): Contender => contender(`cutout ${name} + stale`, door(STALE), true);

function contender(name: string, make: Contender['make'], stale: boolean): Contender {
  return { name, ours: true, breaks: true, stale, make };
}

export const OURS: readonly Contender[] = [
  plain('fetch', fetchDoor),
  plain('axios', axiosDoor),
  plain('got', gotDoor),
  plain('undici', undiciDoor),
  stale('fetch', fetchDoor),
  stale('axios', axiosDoor),
  stale('got', gotDoor),
  stale('undici', undiciDoor),
];
