/** Observes calls and attempts as they begin and end, for traces. No overhead without observers. */

import { Harmless, handleRejection, show } from '@cutout/core/internal';
import type { AttemptRefusal } from '../call/call-context.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { CallEnd } from './key-counters.ts';

/**
 * Each method may be left out, and may return undefined for what is of no interest. What one throws, or rejects with, is
 * reported once and changes no call.
 */
export interface HttpObserver {
  /** Read before each observation; while it is false, calls have no overhead. @default true */
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
  /**
   * Around what sends the request, for an async context: calls `send` once, at once. The attempt's result is that of
   * `send`, whatever this returns or throws. Not called for got, whose hooks do not wrap the request.
   */
  run<T>(send: () => T): T;
  /** Undefined: it was cancelled, and has no outcome. */
  end(outcome: HttpOutcome | undefined): void;
}

/** All observers of a policy, as one. */
export class Observers {
  /** Read by every call: an array that is empty costs less to look through than a set. */
  #all: readonly HttpObserver[] = [];
  readonly #harmless = new Harmless('[@cutout/http] an observer failed');

  get active(): boolean {
    return this.#all.some(this.#isActive);
  }

  /** The same one twice is one. @throws TypeError for what is no object. */
  add(observer: HttpObserver): () => void {
    if (typeof observer !== 'object' || observer === null) {
      throw new TypeError(`observer must be an object, got ${show(observer)}`);
    }
    this.#all = [...new Set(this.#all).add(observer)];
    return () => {
      this.#all = this.#all.filter(each => each !== observer);
    };
  }

  call(call: StartedCall): CallObservation | undefined {
    const observations = this.#collect(observer => observer.call?.(call));
    return observations && { end: how => this.#end(observations, how) };
  }

  attempt(attempt: StartedAttempt): AttemptObservation | undefined {
    const observations = this.#collect(observer => observer.attempt?.(attempt));
    if (!observations) return undefined;
    return {
      run: send => observations.reduceRight((inner, each) => () => this.#within(each, inner), send)(),
      end: outcome => this.#end(observations, outcome),
    };
  }

  refused(refusal: RefusedAttempt): void {
    for (const observer of this.#all.filter(this.#isActive)) this.#harmless.call(() => observer.refused?.(refusal));
  }

  readonly #isActive = (observer: HttpObserver): boolean => {
    return Boolean(this.#harmless.value(() => observer.active ?? true));
  };

  /** Undefined without any, so that a call that is not observed costs nothing more. */
  #collect<T extends object>(question: (observer: HttpObserver) => T | undefined): T[] | undefined {
    const answers = this.#all.filter(this.#isActive).map(observer => this.#harmless.value(() => question(observer)));
    const given = answers.filter(answer => typeof answer === 'object' && answer !== null);
    return given.length > 0 ? given : undefined;
  }

  #end<O>(observations: readonly { end?(how: O): unknown }[], how: O): void {
    for (const each of observations) this.#harmless.call(() => each.end?.(how));
  }

  /** Sends once, within the observation where that calls `send`, and else without it. */
  #within<T>(observation: AttemptObservation, send: () => T): T {
    const sending = new Sending(send);
    try {
      // An observation may omit `run`, despite its type.
      const { run } = observation as Partial<AttemptObservation>;
      const returned: unknown = run?.call(observation, () => sending.result());
      // A promise made of the attempt's own rejects with it, and has no reader.
      handleRejection(returned);
      if (run && !sending.isSent) this.#harmless.report(new TypeError('run() must call send at once'));
    } catch (error) {
      if (!sending.hasThrown(error)) this.#harmless.report(error);
    }
    return sending.result();
  }
}

/** What sends a request at most once, however often it is called. */
class Sending<T> {
  readonly #send: () => T;
  #result: { readonly value: T } | { readonly error: unknown } | undefined;

  constructor(send: () => T) {
    this.#send = send;
  }

  get isSent(): boolean {
    return this.#result !== undefined;
  }

  hasThrown(error: unknown): boolean {
    return this.#result !== undefined && 'error' in this.#result && this.#result.error === error;
  }

  /** @throws what sending has thrown. */
  result(): T {
    this.#result ??= this.#sent();
    if ('error' in this.#result) throw this.#result.error;
    return this.#result.value;
  }

  #sent(): { readonly value: T } | { readonly error: unknown } {
    try {
      return { value: this.#send() };
    } catch (error) {
      return { error };
    }
  }
}
