/** Checked by the compiler, never run: what a fallback may answer behind this adapter. */

import { createHttpPolicy } from '@cutout/http';
import { breakerHooks } from './breaker-hooks.ts';

breakerHooks({ fallback: () => ({ statusCode: 203, headers: { 'x-a': '1' }, body: { items: [] } }) });
breakerHooks(createHttpPolicy(), { fallback: async () => 'cached' });
breakerHooks({ fallback: false });
// @ts-expect-error nothing is no answer
breakerHooks({ fallback: () => undefined });
