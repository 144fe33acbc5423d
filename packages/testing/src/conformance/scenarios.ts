/** The conformance table: every row holds for all adapters. */

import { ABORTED_UNREAD } from './rows/aborted-unread.ts';
import { ANSWERS } from './rows/answers.ts';
import { BODY_INSIDE, BODY_OUTSIDE, STREAMS } from './rows/bodies.ts';
import { BULKHEAD } from './rows/bulkhead.ts';
import { BY_HAND } from './rows/by-hand.ts';
import { CONNECTING } from './rows/connecting.ts';
import { EVIDENCE } from './rows/evidence.ts';
import { FALLBACKS } from './rows/fallbacks.ts';
import { FOREIGN_SIGNALS } from './rows/foreign-signals.ts';
import { HALF_OPEN } from './rows/half-open.ts';
import { HEDGING } from './rows/hedging.ts';
import { LIMITS } from './rows/limits.ts';
import { OPENING } from './rows/opening.ts';
import { OVERRIDES } from './rows/overrides.ts';
import { FOLLOWED_INSIDE, HOP_BY_HOP } from './rows/redirects.ts';
import { RETRIES } from './rows/retries.ts';
import { STALE } from './rows/stale.ts';
import { STALE_CALLERS } from './rows/stale-callers.ts';
import { UPLOADS } from './rows/uploads.ts';
import type { Scenario } from './scenario.ts';

/** One hop, and a body that does not break: the same for every client. */
const COMMON: readonly Scenario[] = [
  ...ANSWERS,
  ...OPENING,
  ...CONNECTING,
  ...HALF_OPEN,
  ...BY_HAND,
  ...RETRIES,
  ...LIMITS,
  ...OVERRIDES,
  ...BULKHEAD,
];

export const SCENARIOS: readonly Scenario[] = [
  ...COMMON,
  ...EVIDENCE,
  ...BODY_OUTSIDE,
  ...BODY_INSIDE,
  ...STREAMS,
  ...FOLLOWED_INSIDE,
  ...HOP_BY_HOP,
  ...FALLBACKS,
  ...HEDGING,
  ...STALE,
  ...FOREIGN_SIGNALS,
  ...UPLOADS,
  ...ABORTED_UNREAD,
  ...STALE_CALLERS,
];
