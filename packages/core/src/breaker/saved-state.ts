/** Between a state and what is kept of it for another process. */

import type { BreakerSnapshot } from './snapshot.ts';
import { type Closed, newHalfOpen, type State } from './states.ts';

export type SavedState = Omit<BreakerSnapshot, 'key' | 'takenAt'>;

/** What another process needs to go on from a state as it is at `now`. */
export function savedState(state: State, now: number): SavedState {
  const { opens = 0, opening } = 'opening' in state ? state : {};
  return {
    state: state.name,
    remainingMs: state.name === 'open' ? state.until - now : 0,
    opens,
    failures: state.name === 'closed' ? state.counter.streak : 0,
    ...(opening?.cause ? { cause: opening.cause } : {}),
  };
}

/** The state to go on with, `elapsedMs` after it was saved. `newClosed` makes a closed one without evidence. */
export function restoredState(saved: SavedState, elapsedMs: number, now: number, newClosed: () => Closed): State {
  const { state, remainingMs, failures, cause } = saved;
  const opens = Math.max(1, saved.opens);
  const opening = { reason: 'restore', cause, readings: [], phrases: [] } as const;
  switch (state) {
    case 'open':
      return { name: 'open', until: now + remainingMs - elapsedMs, opens, opening };
    case 'half-open':
      return newHalfOpen(opens, opening);
    case 'isolated':
      return { name: 'isolated' };
    default: {
      const closed = newClosed();
      closed.counter.resume(failures, now - elapsedMs);
      return closed;
    }
  }
}
