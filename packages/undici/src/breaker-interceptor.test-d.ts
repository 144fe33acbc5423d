/** Checked by the compiler, never run: what a fallback may answer behind this adapter. */

import { createHttpPolicy } from '@cutout/http';
import { breakerInterceptor } from './breaker-interceptor.ts';

breakerInterceptor({
  fallback: () => ({ status: 203, headers: { 'x-a': ['1', '2'] }, body: ['a', new Uint8Array()] }),
});
breakerInterceptor(createHttpPolicy(), { fallback: async () => ({ status: 204 }) });
breakerInterceptor({ fallback: false });
// @ts-expect-error a status must be said
breakerInterceptor({ fallback: () => ({ body: 'cached' }) });
