/** Who wants to know of calls and attempts as they begin and end, for traces. Nobody pays for it where nobody does. */

import { report } from '@cutout/core/internal';
import type { AttemptRefusal } from './call.ts';
import type { CallEnd } from './key-counts.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';

/** Each method may be left out, and may return undefined for what is of no interest. What it throws is reported once. */
export interface HttpObserver {
  /** Asked before it is told anything; while it is false, calls cost as little as without it. @default true */
  readonly active?: boolean;
  call?(call: StartedCall): CallObservation | undefined;
  attempt?(attempt: StartedAttempt): AttemptObservation | undefined;
  /** No attempt was made: the circuit or the bulkhead refused it. */
  refused?(refusal: RefusedAttempt): void;
}

export interface StartedCall {
  readonly key: string;
  readonly request: HttpRequest;
}

export interface StartedAttempt extends StartedCall {
  /** From 1. */
  readonly attempt: number;
  /** A second request beside the first one of the same attempt. */
  readonly isHedge: boolean;
}

export interface RefusedAttempt extends StartedCall {
  readonly error: AttemptRefusal;
}

export interface CallObservation {
  end(how: CallEnd): void;
}

export interface AttemptObservation {
  /** Around what sends the request, for an async context. Not behind got, whose hooks stand beside it. */
  run<T>(send: () => T): T;
  /** Undefined: it was cancelled, and has no outcome. */
  end(outcome: HttpOutcome | undefined): void;
}

/** All observers of a policy, as one. */
export class Observers {
  /** Asked by every call: an array that is empty costs less to look through than a set. */
  #all: readonly HttpObserver[] = [];
  #hasReported = false;

  get active(): boolean {
    return this.#all.some(isActive);
  }

  /** The same one twice is one. */
  add(observer: HttpObserver): () => void {
    this.#all = [...new Set(this.#all).add(observer)];
    return () => {
      this.#all = this.#all.filter(each => each !== observer);
    };
  }

  call(call: StartedCall): CallObservation | undefined {
    const told = this.#ask(observer => observer.call?.(call));
    return told && { end: how => void told.map(each => this.#harmless(() => each.end(how))) };
  }

  attempt(attempt: StartedAttempt): AttemptObservation | undefined {
    const told = this.#ask(observer => observer.attempt?.(attempt));
    return (
      told && { run: nested(told), end: outcome => void told.map(each => this.#harmless(() => each.end(outcome))) }
    );
  }

  refused(refusal: RefusedAttempt): void {
    for (const observer of this.#all.filter(isActive)) this.#harmless(() => observer.refused?.(refusal));
  }

  /** Undefined where nobody cares. */
  #ask<T>(question: (observer: HttpObserver) => T | undefined): T[] | undefined {
    const answers = this.#all.filter(isActive).map(observer => this.#harmless(() => question(observer)));
    const given = answers.filter(answer => answer !== undefined);
    return given.length > 0 ? given : undefined;
  }

  #harmless<T>(tell: () => T): T | undefined {
    try {
      return tell();
    } catch (error) {
      if (!this.#hasReported) report('[@cutout/http] an observer threw', error);
      this.#hasReported = true;
      return undefined;
    }
  }
}

const isActive = ({ active = true }: HttpObserver): boolean => active;

/** Each inside the one before. */
function nested(observations: readonly AttemptObservation[]): AttemptObservation['run'] {
  return send => observations.reduceRight((inner, each) => () => each.run(inner), send)();
}
