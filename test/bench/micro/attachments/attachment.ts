/** What can be attached to a policy to see what it does. */

import type { HttpPolicy } from '@cutout/http';

interface Attached {
  /** How often it was read, told or written to since. Left out where that is to be never. */
  readonly seen?: () => number;
  readonly stop: () => unknown;
}

export type Attach = (policy: HttpPolicy) => Attached;

/** Milliseconds between two readings of what is read: five in a second, where once in 15 s or in a minute is usual. */
export const READ_EVERY_MS = 200;
