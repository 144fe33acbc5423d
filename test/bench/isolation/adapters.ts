/** The four adapters, each over a client whose sockets all hosts share, without keep-alive. */

import { Agent as HttpAgent } from 'node:http';
import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicyOptions } from '@cutout/http';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, type Dispatcher, request, fetch as undiciFetch } from 'undici';
import { SharedSockets } from './shared-sockets.ts';

export const SOCKETS = 20;

/** A client for one phase. */
export interface Client {
  /** Resolves once the body is read; rejects as the client does. */
  get(url: string): Promise<void>;
  close(): unknown;
}

export type Options = HttpPolicyOptions<never>;

export const ADAPTERS: Readonly<Record<string, (options: Options) => Client>> = {
  fetch(options) {
    const { dispatcher, close } = shared();
    const client = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as never;
    const fetch = createFetch({ ...options, fetch: client });
    return { get: async url => void (await (await fetch(url)).text()), close };
  },
  axios(options) {
    const httpAgent = nodeAgent();
    const instance = axios.create({ httpAgent });
    attachBreaker(instance, options);
    return { get: async url => void (await instance.get(url)), close: () => httpAgent.destroy() };
  },
  got(options) {
    const http = nodeAgent();
    const client = got.extend({ agent: { http } }, breakerHooks(options));
    return { get: async url => void (await client(url)), close: () => http.destroy() };
  },
  undici(options) {
    const { dispatcher: agent, close } = shared();
    const dispatcher = agent.compose(breakerInterceptor(options) as never);
    return { get: async url => void (await (await request(url, { dispatcher })).body.text()), close };
  },
};

function nodeAgent(): HttpAgent {
  return new HttpAgent({ keepAlive: false, maxTotalSockets: SOCKETS });
}

function shared(): { dispatcher: Dispatcher; close(): Promise<void> } {
  const sockets = new SharedSockets(SOCKETS);
  const agent = new Agent({ connect: sockets.connect, pipelining: 0 });
  const close = async (): Promise<void> => {
    sockets.close();
    await agent.destroy();
  };
  return { dispatcher: agent, close };
}
