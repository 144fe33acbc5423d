/** The undici adapter for the conformance table, under `request` and under Node's built-in fetch. */

import type { HttpPolicyOptions } from '@cutout/http';
import type { ClientAnswer, ClientRequest, ClientUnderTest, FallbackUnderTest } from '@cutout/testing';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';
import { Agent, type Dispatcher, interceptors, request } from 'undici';
import { sending as sendingByFetch } from './fetch.ts';

export function undiciClient(options: HttpPolicyOptions, fallback?: FallbackUnderTest): ClientUnderTest {
  const interceptor = breakerInterceptor(options as HttpPolicyOptions<never>, fallback ? { fallback } : {});
  const agent = new Agent();
  const dispatcher = agent.compose(interceptor as never, interceptors.redirect({ maxRedirections: 5 }));
  return { policy: interceptor.policy, send: sending(dispatcher), close: () => agent.destroy() };
}

export function builtInFetchClient(options: HttpPolicyOptions, fallback?: FallbackUnderTest): ClientUnderTest {
  const uninstall = installGlobalDispatcher(options as HttpPolicyOptions<never>, fallback ? { fallback } : {});
  return { policy: uninstall.policy, send: sendingByFetch(globalThis.fetch), close: uninstall };
}

export function sending(dispatcher: Dispatcher): ClientUnderTest['send'] {
  return async ({ url, signal, cutout, body, ...rest }: ClientRequest): Promise<ClientAnswer> => {
    const given = { ...rest, body, ...(signal ? { signal } : {}), ...(cutout === undefined ? {} : { cutout }) };
    const response = await request(url, { ...given, dispatcher } as never);
    return {
      status: response.statusCode,
      cacheStatus: response.headers['cache-status']?.toString(),
      text: () => response.body.text(),
      discard: () => void response.body.on('error', () => undefined).destroy(),
    };
  };
}
