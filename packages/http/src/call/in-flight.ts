/** One request that is under way: its permit, what its strategies hold for it, and who observes it. */

import type { CircuitBreaker, CircuitOpenError, Permit } from '@cutout/core';
import { isRefusal } from '@cutout/core/internal';
import type { AttemptObservation } from '../observe/observer.ts';
import type { OutcomeVerdict } from '../outcome/classify-outcome.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import type { KeyState } from '../policy/key-state.ts';
import type { Settings } from '../policy/options.ts';
import type { Admission } from '../strategy/admission.ts';
import { BodyTracker } from './body-tracker.ts';

/** The attempt that a request belongs to. */
export interface InFlightOwner {
  readonly entry: KeyState;
  readonly request: HttpRequest;
  readonly settings: Settings;
  /** The request has ended so, which the strategies may want to know. */
  ended(request: InFlight, outcome: HttpOutcome, verdict: HttpVerdict): void;
}

export class InFlight {
  readonly isHedge: boolean;
  /** Of its last permit. */
  #breaker: CircuitBreaker | undefined;
  #permit: Permit | undefined;
  #observation: AttemptObservation | undefined;
  /** What its strategies hold, or queue for. */
  admission: Admission | undefined;

  constructor(isHedge: boolean) {
    this.isHedge = isHedge;
  }

  /** To be called as soon as it is admitted. */
  observe(observation: AttemptObservation | undefined): void {
    this.#observation = observation;
  }

  /** Runs what sends it inside the context that the observer wants. */
  run<T>(send: () => T): T {
    return this.#observation ? this.#observation.run(send) : send();
  }

  /** Whether it is admitted, and its outcome not yet recorded. */
  get isRunning(): boolean {
    return this.#permit !== undefined;
  }

  /** Takes a permit; returns the refusal where there is none, and then holds nothing else either. */
  admit(breaker: CircuitBreaker, now?: number): CircuitOpenError | undefined {
    const permit = breaker.tryAcquire(now);
    if (!isRefusal(permit)) {
      this.#permit = permit;
      this.#breaker = breaker;
      return undefined;
    }
    this.leave();
    return permit;
  }

  /**
   * Records how it ended: in the breaker, for the strategies, and for who observes it. What the strategies hold is released,
   * unless a body that is still to come keeps it. Returns what tracks the body, where that matters.
   *
   * @param now By the clock of the key.
   */
  record(outcome: HttpOutcome, judged: OutcomeVerdict, owner: InFlightOwner, now: number): BodyTracker | undefined {
    const permit = this.#permit;
    this.#permit = undefined;
    if (this.#observation) this.#endObservation(outcome);
    const body = permit && recordIn(permit, outcome, judged, owner, now);
    if (owner.settings.recording.length > 0) owner.ended(this, outcome, judged.verdict);
    return this.admission ? this.#settle(this.admission, outcome, judged, owner, body) : body;
  }

  #settle(
    admission: Admission,
    { bodyPending, durationMs }: HttpOutcome,
    { verdict: { health }, isForeign }: OutcomeVerdict,
    owner: InFlightOwner,
    body: BodyTracker | undefined,
  ): BodyTracker | undefined {
    this.admission = undefined;
    const lease = bodyPending && this.#breaker && admission.hold(health, durationMs, this.#breaker);
    if (!lease) {
      admission.release(health, durationMs);
      return body;
    }
    const watch = body ?? trackerFor(owner, undefined, isForeign);
    watch.keep(lease);
    return watch;
  }

  /** Superseded by its hedge: it counts as slow, not as a failure. */
  superseded(): void {
    this.#permit?.ignore('superseded');
    this.#permit = undefined;
    this.#endObservation(undefined);
    this.leave();
  }

  /** Releases what it still holds. It counts as ignored. */
  release(): void {
    this.#permit?.ignore();
    this.#permit = undefined;
    if (this.#observation) this.#endObservation(undefined);
    if (this.admission) this.leave();
  }

  #endObservation(outcome: HttpOutcome | undefined): void {
    this.#observation?.end(outcome);
    this.#observation = undefined;
  }

  /** Releases what its strategies hold, or leaves their queue. */
  leave(): void {
    this.admission?.leave();
    this.admission = undefined;
  }
}

function recordIn(
  permit: Permit,
  outcome: HttpOutcome,
  { verdict: { health }, openForMs, isForeign }: OutcomeVerdict,
  owner: InFlightOwner,
  now: number,
): BodyTracker | undefined {
  if (health === 'success' && (!outcome.bodyPending || isForeign)) permit.success(undefined, now);
  else if (health === 'success') {
    permit.success('headers', now);
    return trackerFor(owner, permit);
  } else if (health === 'ignore') permit.ignore(undefined, now);
  else
    permit.failure(
      outcome.error ?? { status: outcome.status },
      openForMs === undefined ? undefined : { openForMs },
      now,
    );
  return undefined;
}

function trackerFor(
  { request, settings, entry }: InFlightOwner,
  permit: Permit | undefined,
  isForeign = false,
): BodyTracker {
  return new BodyTracker(permit, request, { withinMs: settings.bodyFailureWithinMs, entry }, isForeign);
}
