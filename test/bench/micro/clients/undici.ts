/** undici's request and its fetch over an agent. */

import { breakerInterceptor } from '@cutout/undici';
import { Agent, type Dispatcher, request, fetch as undiciFetch } from 'undici';
import type { Client } from './client.ts';

export const forRequest = over((url, dispatcher) => request(url, { dispatcher }).then(({ body }) => body.json()));
export const forUndiciFetch = over((url, dispatcher) =>
  undiciFetch(url, { dispatcher }).then(response => response.json()),
);

function over(send: (url: string, dispatcher: Dispatcher) => Promise<unknown>): (url: string) => Client {
  return url => {
    const agent = new Agent();
    const interceptor = breakerInterceptor();
    const guarded = agent.compose(interceptor);
    return { bare: () => send(url, agent), adapter: () => send(url, guarded), policy: interceptor.policy };
  };
}
