/** Finds the requests sent after a moment: on a busy machine an earlier one may arrive much later. */

import type { Ended, Run } from './drive.ts';
import { NUMBER_HEADER } from './send.ts';

type Requests = Run['requests'];

/** All later arrivals, except the first requests of calls begun before. Retries of such calls count. */
export function sentAfter(moment: number, requests: Requests, calls: readonly Ended[]): Requests {
  const begun = calls.filter(({ startedAt }) => startedAt < moment);
  const mayArriveLate = new Set(begun.map(({ call }) => String(call.number)));
  return requests.filter(({ from, headers }) => {
    const isFirst = mayArriveLate.delete(String(headers[NUMBER_HEADER]));
    return from > moment && !isFirst;
  });
}
