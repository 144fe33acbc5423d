/** A strategy that is written by hand: limits the requests a second to each host. Further ones wait for their turn. */

import { createFetch, type Held, type QueueTicket, type Strategy, type StrategyAttempt } from '@cutout/fetch';
import { answer, ScriptedServer } from '@cutout/testing';

/** When the next request to the host may be sent, by the policy's clock. */
interface Pace {
  nextAt: number;
}

type Attempt = StrategyAttempt<Pace>;

function pacing(perSecond: number): Strategy<unknown, unknown, Pace> {
  const gapMs = 1_000 / perSecond;
  return {
    name: 'pacing',
    stateFor: () => ({ nextAt: 0 }),
    admit({ state, clock }) {
      const now = clock.now();
      const at = Math.max(now, state.nextAt);
      state.nextAt = at + gapMs;
      return at > now ? turnAfter(at - now, clock) : undefined;
    },
    // A hedge never waits.
    tryAdmit: ({ state, clock }) => (clock.now() < state.nextAt ? new Error('not now') : undefined),
  };
}

/** A pace holds nothing while a request is in flight. */
const HELD: Held = { release: () => undefined };

function turnAfter(ms: number, clock: Attempt['clock']): QueueTicket {
  const { promise: turn, resolve, reject } = Promise.withResolvers<Held>();
  const cancel = clock.setTimer(ms, () => resolve(HELD));
  const leave = (reason: unknown): void => {
    cancel();
    reject(reason);
  };
  return { turn, leave };
}

await using books = await ScriptedServer.start(answer(200));
await using films = await ScriptedServer.start(answer(200));

const fetch = createFetch({ strategies: [pacing(10)] });
const startedAt = performance.now();
const callAll = async (name: string, { origin }: ScriptedServer, calls: number): Promise<void> => {
  await Promise.all(Array.from({ length: calls }, () => fetch(origin)));
  console.log(`${name}: ${calls} calls at 10 a second took ${Math.round((performance.now() - startedAt) / 100)}00 ms`);
};
await Promise.all([callAll('books', books, 6), callAll('films', films, 11)]);

// A wait ends with the call's own limits: this one was never sent.
const late = Array.from({ length: 5 }, () => fetch(books.origin, { cutout: { totalTimeoutMs: 150 } }));
const ends = await Promise.allSettled(late);
const reasons = ends.flatMap(end => (end.status === 'rejected' ? [end.reason.code] : []));
console.log(
  `${reasons.length} of 5 calls ended in the queue: ${[...new Set(reasons)]}; sent: ${books.requests.length}`,
);
