/** ky with a guarded `fetch` option, for the conformance table. */

import { createFetch, type FetchOptions, type HttpPolicyOptions } from '@cutout/fetch';
import type { ClientAnswer, ClientRequest, ClientUnderTest } from '@cutout/testing';
import ky from 'ky';

export function kyClient(options: HttpPolicyOptions): ClientUnderTest {
  const guarded = createFetch(options as FetchOptions);
  return {
    policy: guarded.policy,
    send: async ({ url, method, headers, body, signal, cutout }: ClientRequest): Promise<ClientAnswer> => {
      // ky calls its fetch with a Request, which cannot carry our overrides, so each call gets its own fetch.
      const fetch: typeof globalThis.fetch = (input, init) =>
        guarded(input, cutout === undefined ? init : { ...init, cutout: cutout as never });
      const response = await ky(url, {
        fetch,
        method,
        headers,
        body: body as never,
        retry: 0,
        timeout: false,
        throwHttpErrors: false,
        ...(signal ? { signal } : {}),
      });
      return { status: response.status, text: () => response.text(), discard: () => response.body?.cancel() };
    },
  };
}
