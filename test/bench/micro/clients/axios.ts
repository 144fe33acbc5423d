/** axios over Node's http. */

import { Agent } from 'node:http';
import { attachBreaker } from '@cutout/axios';
import axios, { type AxiosInstance } from 'axios';
import axiosRetry from 'axios-retry';
import type { Client } from './client.ts';
import { aroundCalls, seenBad, seenGood } from './peers.ts';

export function forAxios(url: string): Client {
  const settings = { adapter: 'http', httpAgent: new Agent({ keepAlive: true }) };
  const create = (): AxiosInstance => axios.create(settings);
  const by = (instance: AxiosInstance) => () => instance.get(url);
  const guarded = create();
  const { policy } = attachBreaker(guarded);
  const retrying = create();
  axiosRetry(retrying, { retries: 2 });
  const bare = by(create());
  return {
    bare,
    guarded: by(guarded),
    policy,
    others: { floor: by(withFloor(create())), 'axios-retry': by(retrying), ...aroundCalls(bare) },
  };
}

function withFloor(instance: AxiosInstance): AxiosInstance {
  instance.interceptors.request.use(config => {
    const transport = axios.getAdapter(config.adapter);
    config.adapter = given => transport(given).then(seenGood, seenBad);
    return config;
  });
  return instance;
}
