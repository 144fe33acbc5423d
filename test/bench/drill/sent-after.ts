/** Which requests were sent after a moment: on a busy machine one that was sent before may arrive a good while later. */

import type { Ended, Run } from './drive.ts';
import { NUMBER_HEADER } from './send.ts';

type Requests = Run['requests'];

/** All that arrived after it, but for the first ones of calls that had begun by then. A retry of such a call is one of them. */
export function sentAfter(moment: number, requests: Requests, calls: readonly Ended[]): Requests {
  const begun = calls.filter(({ startedAt }) => startedAt < moment);
  const mayArriveLate = new Set(begun.map(({ call }) => String(call.number)));
  return requests.filter(({ from, headers }) => {
    const isFirst = mayArriveLate.delete(String(headers[NUMBER_HEADER]));
    return from > moment && !isFirst;
  });
}
