/** What becomes of a response's body after its headers were good. */

import type { Clock, Permit } from '@cutout/core';
import { kindOfEnd } from './attempt.ts';
import type { BodyHold } from './bulkhead-place.ts';
import type { HttpRequest } from './request.ts';
import { ruleOf } from './verdict.ts';

/** For how long a body that breaks counts, by the clock of the breaker. */
export interface BodyTime {
  readonly withinMs: number;
  readonly clock: Clock;
}

/** Takes the first news of a body's end; later news change nothing. */
export class BodyWatch {
  readonly #permit: Permit | undefined;
  readonly #request: HttpRequest;
  readonly #clock: Clock;
  readonly #countsUntil: number;
  readonly #isForeign: boolean;
  #hold: BodyHold | undefined;

  /**
   * @param permit Undefined where the body says no more about the host.
   * @param isForeign Whether another host sends it.
   */
  constructor(permit: Permit | undefined, request: HttpRequest, counts: BodyTime, isForeign = false) {
    this.#permit = permit;
    this.#isForeign = isForeign;
    this.#request = request;
    this.#clock = counts.clock;
    this.#countsUntil = counts.clock.now() + counts.withinMs;
  }

  /** The body keeps a place in the bulkhead until it ends. */
  keep(hold: BodyHold): void {
    this.#hold = hold;
  }

  /** The body has arrived whole. */
  whole(): void {
    this.#permit?.success();
    this.#hold?.end();
  }

  /** The caller wants no more of it, which says nothing about the host. */
  cancelled(): void {
    this.#hold?.end();
  }

  /**
   * Reading the body failed. That is the host's doing unless the caller aborted, or used the body wrongly. A long
   * stream that is cut at last, by a deploy perhaps, is no failure either.
   */
  broken(error: unknown): void {
    const hostFailed = !this.#isForeign && ruleOf(kindOfEnd(error, this.#request)).health === 'failure';
    if (hostFailed && this.#clock.now() <= this.#countsUntil) this.#permit?.revoke(error);
    this.#hold?.end(hostFailed ? 'failure' : 'ignore');
  }
}
