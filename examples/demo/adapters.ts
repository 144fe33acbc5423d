/** The adapters of the demo. `send` resolves to whether the call was answered well. */

import { attachBreaker } from '@cutout/axios';
import { createFetch, type HttpPolicy } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, type Dispatcher, request } from 'undici';

export type Send = (url: string) => Promise<boolean>;

interface Adapter {
  readonly policy: HttpPolicy;
  readonly send: Send;
}

type Build = (policy: HttpPolicy) => Adapter;

export const ADAPTERS: Readonly<Record<string, Build>> = {
  fetch: policy => {
    const fetch = createFetch(policy);
    return { policy, send: async url => readOk(await fetch(url)) };
  },
  axios: policy => {
    const http = axios.create();
    attachBreaker(http, policy);
    return { policy, send: async url => (await http.get(url)).status === 200 };
  },
  undici: policy => {
    const dispatcher = new Agent().compose(breakerInterceptor(policy));
    return { policy, send: async url => (await drained(await request(url, { dispatcher }))).statusCode === 200 };
  },
  got: policy => {
    const client = got.extend(breakerHooks(policy));
    return { policy, send: async url => (await client(url)).ok };
  },
};

export async function readOk(response: Response): Promise<boolean> {
  await response.arrayBuffer();
  return response.ok;
}

async function drained(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
  await response.body.dump();
  return response;
}
