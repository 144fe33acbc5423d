/** One request of a call: the permit that it runs under, and its place in the bulkhead. A call that is hedged has two. */

import type { CircuitBreaker, CircuitOpenError, Permit } from '@cutout/core';
import { isRefusal } from '@cutout/core/internal';
import { BodyWatch } from './body-watch.ts';
import type { BulkheadPlace } from './bulkhead-place.ts';
import type { Judged } from './judge.ts';
import type { KeyEntry } from './key-entry.ts';
import type { AttemptObservation } from './observer.ts';
import type { Settings } from './options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';

/** The call that a leg belongs to. */
export interface LegOwner {
  readonly entry: KeyEntry;
  readonly request: HttpRequest;
  readonly settings: Settings;
}

export class Leg {
  readonly isHedge: boolean;
  /** Of its last permit. */
  #breaker: CircuitBreaker | undefined;
  #permit: Permit | undefined;
  #observation: AttemptObservation | undefined;
  /** Held, or queued for. */
  #place: BulkheadPlace | undefined;

  constructor(isHedge: boolean) {
    this.isHedge = isHedge;
  }

  /** `observation`: of whoever traces it. To be given as soon as it is admitted. */
  observe(observation: AttemptObservation | undefined): void {
    this.#observation = observation;
  }

  /** Sends it, as whoever traces it wants it sent. */
  run<T>(send: () => T): T {
    return this.#observation ? this.#observation.run(send) : send();
  }

  /** Whether it is admitted, and nothing has been told of it yet. */
  get isRunning(): boolean {
    return this.#permit !== undefined;
  }

  get hasPlace(): boolean {
    return this.#place !== undefined;
  }

  takePlace(place: BulkheadPlace): void {
    this.#place = place;
  }

  /** Takes a permit; returns the refusal where there is none, and then has no place either. */
  admit(breaker: CircuitBreaker): CircuitOpenError | undefined {
    const permit = breaker.tryAcquire();
    if (!isRefusal(permit)) {
      this.#permit = permit;
      this.#breaker = breaker;
      return undefined;
    }
    this.leave();
    return permit;
  }

  /** Tells the breaker how it ended. Returns what is to be told of the body, where that says more. */
  tell(outcome: HttpOutcome, judged: Judged, owner: LegOwner): BodyWatch | undefined {
    const { verdict, openForMs } = judged;
    const permit = this.#permit;
    this.#permit = undefined;
    this.#endObservation(outcome);
    if (!permit) return undefined;
    if (verdict.health === 'ignore') permit.ignore();
    else if (verdict.health === 'failure')
      permit.failure(outcome.error ?? { status: outcome.status }, openForMs === undefined ? undefined : { openForMs });
    else if (!outcome.bodyPending || judged.isForeign) permit.success();
    else {
      permit.success('headers');
      return watchFor(owner, permit);
    }
    return undefined;
  }

  /** Gives the place back, unless a body that is still to come keeps it: then that body is watched in any case. */
  vacate(
    outcome: HttpOutcome,
    { verdict: { health }, isForeign }: Judged,
    owner: LegOwner,
    body: BodyWatch | undefined,
  ): BodyWatch | undefined {
    const place = this.#place;
    this.#place = undefined;
    const hold = outcome.bodyPending && this.#breaker && place?.hold(health, outcome.durationMs, this.#breaker);
    if (!hold) {
      place?.release(health, outcome.durationMs);
      return body;
    }
    const watch = body ?? watchFor(owner, undefined, isForeign);
    watch.keep(hold);
    return watch;
  }

  /** A hedge was answered first: this one has been slow, and says nothing else. */
  outrun(): void {
    this.#permit?.ignore('outrun');
    this.#permit = undefined;
    this.#endObservation(undefined);
    this.leave();
  }

  /** Gives back what it still holds, and says nothing. */
  release(): void {
    this.releasePermit();
    this.leave();
  }

  releasePermit(): void {
    this.#permit?.ignore();
    this.#permit = undefined;
    this.#endObservation(undefined);
  }

  #endObservation(outcome: HttpOutcome | undefined): void {
    this.#observation?.end(outcome);
    this.#observation = undefined;
  }

  /** Leaves the bulkhead, or its queue. */
  leave(): void {
    this.#place?.leave();
    this.#place = undefined;
  }
}

function watchFor({ request, settings, entry }: LegOwner, permit: Permit | undefined, isForeign = false): BodyWatch {
  return new BodyWatch(permit, request, { withinMs: settings.bodyFailureWithinMs, entry }, isForeign);
}
