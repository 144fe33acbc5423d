/** fetch over a stub: the same response without a body each time, or a new `Response` that is read as JSON. */

import { createFetch } from '@cutout/fetch';
import { BODY, down, HEADERS, type Send, type Stubbed, type StubbedOptions, URL_TEXT } from './stubbed.ts';

type Fetch = typeof globalThis.fetch;

export function fetchWithoutBody(options: StubbedOptions): Stubbed {
  const response = new Response(null);
  const stub = (): Promise<Response> => Promise.resolve(response);
  return over(stub, options, fetch => () => fetch(URL_TEXT));
}

export function fetchWithBody(options: StubbedOptions): Stubbed {
  const stub = (): Promise<Response> => Promise.resolve(new Response(BODY, { headers: HEADERS }));
  return over(stub, options, fetch => async () => (await fetch(URL_TEXT)).json());
}

function over(stub: Fetch, options: StubbedOptions, by: (fetch: Fetch) => Send): Stubbed {
  const guarded = createFetch({ ...options, fetch: stub });
  const failing = async (): Promise<never> => {
    throw down();
  };
  return { bare: by(stub), guarded: by(guarded), failing: by(failing), policy: guarded.policy };
}
