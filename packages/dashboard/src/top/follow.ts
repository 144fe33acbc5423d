/** Stays with a dashboard: when its stream dies, opens another one. */

import type { DashboardSnapshot } from '../snapshot.ts';
import type { View } from '../view.ts';
import { type Place, streamSnapshots, UnreachableError } from './reach.ts';

export interface Listener {
  readonly onSnapshot: (snapshot: DashboardSnapshot, view: View) => void;
  /** The stream died; another one is being opened. */
  readonly onLost: (error: UnreachableError) => void;
}

export interface Following {
  /** Resolves with `close`. @throws UnreachableError where the first stream did not even begin */
  readonly ended: Promise<void>;
  /** Opens another stream, of this view. */
  readonly show: (view: View) => void;
  readonly close: () => void;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

export function follow(place: Place, first: View, { onSnapshot, onLost }: Listener): Following {
  let view = first;
  let closed = false;
  let begun = false;
  let attempt = new AbortController();
  let pauseMs = FIRST_PAUSE_MS;

  /** Until the stream dies, or another view is wanted. */
  const readOne = async (): Promise<void> => {
    for await (const snapshot of streamSnapshots(place, view, attempt.signal)) {
      // What came while the keys asked for another view is of no use to anyone.
      if (attempt.signal.aborted) return;
      begun = true;
      pauseMs = FIRST_PAUSE_MS;
      onSnapshot(snapshot, view);
    }
  };

  const run = async (): Promise<void> => {
    while (!closed) {
      attempt = new AbortController();
      try {
        await readOne();
      } catch (error) {
        if (!begun || !(error instanceof UnreachableError)) throw error;
        onLost(error);
        await pause(pauseMs, attempt.signal);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      }
    }
  };

  return {
    ended: run(),
    show: wanted => {
      view = wanted;
      attempt.abort();
    },
    close: () => {
      closed = true;
      attempt.abort();
    },
  };
}

/** Ends early when another view is wanted: whoever presses a key does not want to wait. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
