/** An attempt of which a second request may be sent while the first is under way, behind a promise. */

import type { Clock } from '@cutout/core';
import type { AttemptResult } from '../call/attempt.ts';
import type { CallMachine } from '../call/call-machine.ts';
import type { Send, Step } from '../call/step.ts';
import { linkedSignal, onAbort, platformSignal } from '../outcome/signals.ts';
import { isLate } from '../outcome/slept.ts';
import { startTimer } from '../outcome/time-limits.ts';

/** How the driver sends a request, and reports its end as an event. */
export interface RaceEvents<T> {
  send(step: Send, signal: AbortSignal): Promise<AttemptResult<T>>;
  answered(step: Send, result: AttemptResult<T>): Step;
  failed(step: Send, error: unknown): Step;
  stopped(step: Send, error: unknown): Step;
}

interface Runner {
  readonly ended: Promise<Step>;
  cancel(): void;
}

export class HedgeRace<T> {
  readonly #call: CallMachine;
  readonly #events: RaceEvents<T>;
  /** The caller's, and that of the limits. */
  #signal: AbortSignal | undefined;
  #isDiscarded = false;

  constructor(call: CallMachine, events: RaceEvents<T>) {
    this.#call = call;
    this.#events = events;
  }

  async run(step: Send, signal: AbortSignal | undefined): Promise<Step> {
    this.#signal = platformSignal(signal);
    const first = this.#start(step);
    const isEarly = await endsWithin(
      this.#call.target.entry.clock,
      first.ended,
      step.hedge?.afterMs ?? 0,
      this.#signal,
    );
    // The call may have been aborted by a listener of the hedge's event.
    const next = isEarly || this.#isOver ? undefined : this.#call.hedgeDue();
    // A strategy threw instead of admitting it.
    if (next?.do === 'throw') {
      first.cancel();
      return next;
    }
    if (next?.do !== 'send' || this.#isOver) return first.ended;
    const second = this.#start(next);
    const winner = await Promise.race([first, second].map(runner => runner.ended.then(() => runner)));
    const other = winner === first ? second : first;
    const ended = await winner.ended;
    if (ended.do === 'set-aside') return other.ended;
    other.cancel();
    return ended;
  }

  /** A limit has ended the attempt: what still arrives is not needed. */
  discard(): void {
    this.#isDiscarded = true;
  }

  get #isOver(): boolean {
    return this.#isDiscarded || this.#signal?.aborted === true;
  }

  #start(step: Send): Runner {
    const { signal, abort } = linkedSignal(this.#signal);
    const cancel = (): void => abort(new Error('the other request was answered first'));
    return { ended: this.#follow(step, signal), cancel };
  }

  async #follow(step: Send, signal: AbortSignal): Promise<Step> {
    try {
      const result = await this.#events.send(step, signal);
      if (!this.#isDiscarded) return this.#events.answered(step, result);
      result.discard?.();
      return { do: 'none' };
    } catch (error) {
      if (this.#isOver) return this.#events.stopped(step, error);
      return this.#events.failed(step, error);
    }
  }
}

/** Whether it has ended by then, or was aborted. A wait that the process slept through begins again: the answer may be here already. */
function endsWithin(
  clock: Required<Clock>,
  work: Promise<unknown>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return new Promise(resolve => {
    let stop: () => void = () => undefined;
    const late = (): void => {
      remove();
      resolve(false);
    };
    const wait = (): void => {
      stop = startTimer(clock, ms, lateMs => (isLate(lateMs, ms) ? wait() : late()));
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
