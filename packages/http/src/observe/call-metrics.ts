/** What is written down of one call: how its attempts ended, and how it ended itself. */

import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { answerOf, type HttpVerdict } from '../outcome/verdict.ts';
import type { KeyEntry } from '../policy/key-state.ts';
import type { CallEnd } from './key-counters.ts';
import type { CallObservation, Observers } from './observer.ts';

export class CallRecord {
  readonly #observation: CallObservation | undefined;
  #isOver = false;

  constructor(observers: Observers, entry: KeyEntry, request: HttpRequest) {
    if (observers.active) this.#observation = observers.call({ key: entry.key, request });
  }

  /** An attempt has ended. */
  attempted({ counts }: KeyEntry, outcome: HttpOutcome, { health }: HttpVerdict): void {
    if (outcome.kind === 'status') counts.latency.add(outcome.durationMs);
    if (health === 'failure') counts.failed(outcome);
  }

  /** The call has ended with its last attempt. */
  endBy(entry: KeyEntry, attempt: number, verdict: HttpVerdict): void {
    if (answerOf(verdict) === 'bad') this.end(entry, 'failed');
    else if (verdict.health === 'ignore') this.end(entry, 'ignored');
    else this.end(entry, attempt > 1 ? 'after-retry' : 'first-try');
  }

  /** The first end counts. */
  end({ counts }: KeyEntry, how: CallEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    counts.calls[how] += 1;
    this.#observation?.end(how);
  }
}
