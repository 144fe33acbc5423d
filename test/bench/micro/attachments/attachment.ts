/** Something that observes a policy. */

import type { HttpPolicy } from '@cutout/http';

interface Attached {
  /** How often it was read, notified or written to. Left out if that must be never. */
  readonly seen?: () => number;
  readonly stop: () => unknown;
}

export type Attach = (policy: HttpPolicy) => Attached;

/** Milliseconds between two readings: five per second, instead of the usual 15 s or minute. */
export const READ_EVERY_MS = 200;
