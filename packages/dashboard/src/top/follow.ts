/** Follows a dashboard, and reconnects when its stream breaks. */

import type { DashboardSnapshot } from '../snapshot.ts';
import type { View } from '../view.ts';
import { type Place, streamSnapshots, UnreachableError } from './reach.ts';

export interface Listener {
  readonly onSnapshot: (snapshot: DashboardSnapshot, view: View) => void;
  /** The stream broke; another one is being opened. */
  readonly onLost: (error: UnreachableError) => void;
}

export interface Following {
  /** Resolves after `close`. @throws UnreachableError if the first stream never began */
  readonly ended: Promise<void>;
  /** Opens another stream with this view. */
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

  /** Runs until the stream breaks or the view changes. */
  const readOne = async (): Promise<void> => {
    for await (const snapshot of streamSnapshots(place, view, attempt.signal)) {
      // The view has changed, so this snapshot is obsolete.
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

/** Ends early when the view changes: a key press must not wait. */
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
