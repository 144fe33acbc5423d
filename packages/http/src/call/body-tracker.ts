/** What becomes of a response's body after its headers were good. */

import type { Permit } from '@cutout/core';
import { isCutOff } from '../outcome/browser-lifecycle.ts';
import { errorsWithin } from '../outcome/error-facts.ts';
import type { OutcomeKind } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { ruleOf } from '../outcome/verdict.ts';
import type { KeyState } from '../policy/key-state.ts';
import type { BodyLease } from '../strategy/admission.ts';
import { kindOfEnd } from './attempt.ts';

/** For how long a body that breaks counts, by the clock of the breaker that the request is charged to. */
export interface BodyTime {
  readonly withinMs: number;
  readonly entry: Pick<KeyState, 'clock' | 'losses'>;
}

/** Takes the first news of a body's end; later news change nothing. */
export class BodyTracker {
  readonly #permit: Permit | undefined;
  readonly #request: HttpRequest;
  readonly #startedAt: number;
  readonly #countsUntil: number;
  readonly #entry: BodyTime['entry'];
  readonly #isForeign: boolean;
  #hold: BodyLease | undefined;

  /**
   * @param permit Undefined where the body says no more about the host.
   * @param isForeign Whether another host sends it.
   */
  constructor(permit: Permit | undefined, request: HttpRequest, counts: BodyTime, isForeign = false) {
    this.#permit = permit;
    this.#isForeign = isForeign;
    this.#request = request;
    this.#entry = counts.entry;
    this.#startedAt = counts.entry.clock.now();
    this.#countsUntil = this.#startedAt + counts.withinMs;
  }

  /** The body keeps a place in the bulkhead until it ends, or the caller aborts, whether it is read or not. */
  keep(hold: BodyLease): void {
    this.#hold = hold;
    hold.endOnAbort(this.#request.signal);
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
   * Reading the body failed. That is the host's doing unless the caller aborted, left the page, or set a limit in the
   * client. Not for what the reader does: see `cancelled`. A long stream that is cut at last, by a deploy perhaps, is no
   * failure either.
   */
  broken(error: unknown): void {
    const kind = kindOfBreak(error, this.#request);
    const isCounted = this.#entry.losses.isRepeated(kind, error, this.#startedAt);
    const hostFailed = !this.#isForeign && ruleOf(kind).health === 'failure' && !isCounted;
    if (hostFailed && this.#entry.clock.now() <= this.#countsUntil) this.#permit?.revoke(error);
    this.#hold?.end(hostFailed ? 'failure' : 'ignore');
  }
}

/**
 * A code is exact. Without one the error's name says nothing: Firefox calls a body that the host cut an AbortError, and
 * WebKit's TypeError is that of a bad argument.
 */
function kindOfBreak(error: unknown, request: HttpRequest): OutcomeKind {
  const kind = kindOfEnd(error, request);
  return isAborted(request.signal) || isCutOff() || errorsWithin(error).some(({ code }) => code !== '') ? kind : 'body';
}
