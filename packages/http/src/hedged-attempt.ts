/** An attempt of which a second request may be sent while the first is under way, for the promise-shaped doors. */

import { monotonicClock } from '@cutout/core';
import { type AttemptResult, type Ended, outcomeOfError, settle } from './attempt.ts';
import type { HttpCall } from './call.ts';
import type { Hedge } from './hedge.ts';
import { linkedSignal, onAbort, platformSignal } from './signals.ts';
import { isLate } from './slept.ts';
import { HttpTimeoutError, startTimer, withinLimits } from './timeout.ts';

export type Send<T> = (signal: AbortSignal | undefined) => Promise<AttemptResult<T>>;

/** Both requests share the time limits of the attempt. Rejects only with what the user's `classify` throws. */
export async function hedgedAttempt<T>(call: HttpCall, hedge: Hedge, send: Send<T>): Promise<Ended<T>> {
  const { request, settings, timeLeftMs } = call;
  const startedAt = monotonicClock.now();
  const work = (signal: AbortSignal | undefined): Promise<Ended<T>> => new Contest(call, hedge, send, signal).run();
  try {
    return await withinLimits(settings, timeLeftMs, request.signal, work, discard);
  } catch (error) {
    if (!(error instanceof HttpTimeoutError)) throw error;
    return { error, outcome: outcomeOfError(error, request, monotonicClock.now() - startedAt) };
  }
}

/** A request of the attempt, and what cancels it alone. */
interface Runner<T> {
  readonly which: 'first' | 'hedge';
  readonly ended: Promise<Ended<T>>;
  cancel(): void;
}

class Contest<T> {
  readonly #call: HttpCall;
  readonly #hedge: Hedge;
  readonly #send: Send<T>;
  /** The caller's, and that of the time limits. */
  readonly #signal: AbortSignal | undefined;

  constructor(call: HttpCall, hedge: Hedge, send: Send<T>, signal: AbortSignal | undefined) {
    this.#call = call;
    this.#hedge = hedge;
    this.#send = send;
    this.#signal = platformSignal(signal);
  }

  async run(): Promise<Ended<T>> {
    const first = this.#start('first');
    const early = await endWithin(first.ended, this.#hedge.afterMs, this.#signal);
    // Whoever was told of the hedge may have aborted.
    if (early || this.#isOver || !this.#hedge.begin() || this.#isOver) return first.ended;
    const second = this.#start('hedge');
    const winner = await Promise.race([first, second].map(runner => runner.ended.then(() => runner)));
    const other = winner === first ? second : first;
    return this.#choose(winner, other);
  }

  /** Whoever ends it says how it ends; nothing is chosen then. */
  get #isOver(): boolean {
    return this.#signal?.aborted === true;
  }

  async #choose(winner: Runner<T>, other: Runner<T>): Promise<Ended<T>> {
    const ended = await winner.ended;
    if (!this.#isOver && !this.#isTaken(winner, ended, other)) return this.#last(other);
    other.cancel();
    return ended;
  }

  async #last(runner: Runner<T>): Promise<Ended<T>> {
    const last = await runner.ended;
    if (!this.#isOver) this.#isTaken(runner, last);
    return last;
  }

  /** Of one that is not, nobody will read the response. */
  #isTaken({ which }: Runner<T>, ended: Ended<T>, other?: Runner<T>): boolean {
    try {
      if (this.#hedge.ended(which, ended.outcome)) return true;
      discard(ended);
      return false;
    } catch (error) {
      discard(ended);
      other?.cancel();
      throw error;
    }
  }

  #start(which: Runner<T>['which']): Runner<T> {
    const { signal, abort } = linkedSignal(this.#signal);
    const leg = which === 'first' ? this.#call : this.#hedge;
    const ended = settle(this.#call.request, () => leg.run(() => this.#send(signal)));
    const cancel = (): void => {
      abort(new Error('the other request was answered first'));
      ended.then(discard).catch(() => undefined);
    };
    return { which, ended, cancel };
  }
}

function discard<T>(ended: Ended<T>): void {
  if ('result' in ended) ended.result.discard?.();
}

/** Whether it has ended by then, or was aborted. A wait that the process slept through begins again: the answer may be here already. */
function endWithin(work: Promise<unknown>, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise(resolve => {
    let stop: () => void = () => undefined;
    const late = (): void => {
      remove();
      resolve(false);
    };
    const wait = (): void => {
      stop = startTimer(ms, lateMs => (isLate(lateMs, ms) ? wait() : late()));
    };
    const end = (): void => {
      stop();
      remove();
      resolve(true);
    };
    const remove = onAbort(signal, end);
    wait();
    work.then(end, end);
  });
}
