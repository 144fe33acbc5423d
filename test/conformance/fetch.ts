/** The fetch adapter for the conformance table. */

import { createFetch } from '@cutout/fetch';
import type { Fallback, HttpPolicyOptions } from '@cutout/http';
import type { ClientAnswer, ClientRequest, ClientUnderTest, FallbackUnderTest } from '@cutout/testing';

/** `cache`: the cache mode of each call, in a browser. */
export function fetchClient(
  options: HttpPolicyOptions,
  fallback?: FallbackUnderTest,
  cache?: RequestCache,
): ClientUnderTest {
  const own: Fallback<Response> = (failure, context) => {
    const { status, body } = (fallback as FallbackUnderTest)(failure, context);
    return new Response(body, { status });
  };
  const fetch = createFetch(options as HttpPolicyOptions<never>, fallback ? { fallback: own } : {});
  return { policy: fetch.policy, send: sending(fetch, cache) };
}

export function sending(fetch: typeof globalThis.fetch, cache?: RequestCache): ClientUnderTest['send'] {
  return async ({ url, body, signal, cutout, ...rest }: ClientRequest): Promise<ClientAnswer> => {
    const init = {
      ...rest,
      body,
      duplex: 'half',
      ...(cache ? { cache } : {}),
      ...(signal ? { signal } : {}),
      ...(cutout === undefined ? {} : { cutout }),
    };
    const response = await fetch(url, init as RequestInit);
    return {
      status: response.status,
      cacheStatus: response.headers.get('cache-status'),
      text: () => response.text(),
      discard: () => response.body?.cancel(),
    };
  };
}
