/**
 * Which GETs asked for what the same contender had seen before: a good answer of the server, read whole before the call began,
 * of a GET that began after every write to the path that had reached the server by then. A write that fails may have changed
 * what is there all the same, and one that is still under way ends nobody knows when: both count as writes.
 */

import type { Ended, Run } from './drive.ts';

export function seenBefore({ calls, requests }: Pick<Run, 'calls' | 'requests'>): ReadonlySet<Ended> {
  const arrived = new Set(requests.filter(({ method }) => method !== 'GET').map(({ body }) => body));
  const byPath = Map.groupBy(calls, ({ call }) => call.path);
  const seen = [...byPath.values()].flatMap(ofOnePath => {
    const writes = ofOnePath.filter(({ call }) => call.body !== undefined && arrived.has(call.body));
    const answers = ofOnePath.filter(each => isRead(each) && each.answered && !each.stale);
    return ofOnePath.filter(each => isRead(each) && answers.some(answer => isKept(answer, writes, each.startedAt)));
  });
  return new Set(seen);
}

const isRead = ({ call }: Ended): boolean => call.method === 'GET';
const endOf = ({ startedAt, waitMs }: Ended): number => startedAt + waitMs;

function isKept(answer: Ended, writes: readonly Ended[], at: number): boolean {
  const begun = writes.filter(({ startedAt }) => startedAt < at);
  return endOf(answer) < at && begun.every(write => endOf(write) < answer.startedAt);
}
