/** An option without an entry is a compile error, like an entry without an option. */

import type { RetryOptions } from '@cutout/http';
import { type EntriesOf, integer, oneOf, value } from './entry.ts';

const unset = value(() => undefined);
const ALL = {
  maxRetries: integer(0, 3),
  backoff: unset,
  methods: oneOf([['GET']]),
  maxRetryAfterMs: integer(0, 20),
  budget: unset,
  idempotencyKey: unset,
  attemptHeader: unset,
};
ALL satisfies EntriesOf<RetryOptions>;

const { budget: _budget, ...some } = ALL;
// @ts-expect-error `budget` has no entry.
some satisfies EntriesOf<RetryOptions>;

const more = { ...ALL, tries: unset };
({ ...more }) satisfies EntriesOf<RetryOptions & { readonly tries?: number }>;
// @ts-expect-error A new option of the type has no entry.
ALL satisfies EntriesOf<RetryOptions & { readonly tries?: number }>;
