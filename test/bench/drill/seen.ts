/**
 * Finds the GETs for a path that the same contender had seen before: a good answer of the server, read completely before the
 * call began, to a GET that began after every write to the path that had reached the server by then. A failed write may have
 * changed the resource, and one in flight may end at any time: both count as writes.
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
