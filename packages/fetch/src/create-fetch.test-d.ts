/** Checked by the compiler, never run: the adapter fits wherever a fetch does. */

import { createHttpPolicy, type HttpPolicy } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { createFetch } from './create-fetch.ts';

const fetch = createFetch();

export const standIn: typeof globalThis.fetch = fetch;
export const answer: Promise<Response> = fetch(new URL('https://a.example'), {
  method: 'POST',
  cutout: { retry: false },
});
export const policy: HttpPolicy = fetch.policy;
export const shared: typeof globalThis.fetch = createFetch(createHttpPolicy(), { fetch });

createFetch({ fallback: () => new Response('cached') });
createFetch({ failureStatus: ['5xx', 429, '!501', '460-463'] });
// @ts-expect-error a fallback must answer with a Response
createFetch({ fallback: () => 'cached' });
createFetch(createHttpPolicy(), { fallback: async () => new Response('cached') });
// @ts-expect-error a fallback must answer with a Response
createFetch(createHttpPolicy(), { fallback: () => 'cached' });
// @ts-expect-error no such class of statuses
createFetch({ failureStatus: ['6xx'] });
createFetch({ stale: staleIfError({ maxStaleMs: 1_000 }), hosts: { 'a.example': { stale: false } } });
fetch('https://a.example', { cutout: { stale: false } });
// @ts-expect-error made by staleIfError()
createFetch({ stale: true });
// @ts-expect-error made by staleIfError()
createFetch({ stale: { maxStaleMs: 1_000 } });
// @ts-expect-error misspelt
fetch('https://a.example', { cutout: { retries: 3 } });
