/** The fetch door, as the conformance table calls it. */

import { createFetch } from '@cutout/fetch';
import type { HttpPolicyOptions } from '@cutout/http';
import type { ClientAnswer, ClientRequest, ClientUnderTest } from '@cutout/testing';

export function fetchClient(options: HttpPolicyOptions): ClientUnderTest {
  const fetch = createFetch(options as HttpPolicyOptions<Response>);
  return { policy: fetch.policy, send: sending(fetch) };
}

export function sending(fetch: typeof globalThis.fetch): ClientUnderTest['send'] {
  return async ({ url, body, signal, cutout, ...rest }: ClientRequest): Promise<ClientAnswer> => {
    const init = {
      ...rest,
      body,
      duplex: 'half',
      ...(signal ? { signal } : {}),
      ...(cutout === undefined ? {} : { cutout }),
    };
    const response = await fetch(url, init as RequestInit);
    return { status: response.status, text: () => response.text(), discard: () => response.body?.cancel() };
  };
}
