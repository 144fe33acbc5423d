import { hedge } from '@cutout/http';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { breakerInterceptor } from './breaker-interceptor.ts';
import type { Controller, Handler } from './handler.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ORIGIN = 'http://a.example';

/** When one request has its connection, how it ends, and when; `never` waits for an abort. */
const LEG = fc.record({
  connectMs: fc.nat(15),
  end: fc.constantFrom('good', 'bad', 'error', 'cut', 'never'),
  answerMs: fc.nat(15),
  bodyMs: fc.nat(6),
});
const CALL = fc.record({
  legs: fc.array(LEG, { minLength: 4, maxLength: 4 }),
  abort: fc.option(fc.record({ atMs: fc.nat(30), by: fc.constantFrom('signal', 'controller') }), { nil: undefined }),
});

type Leg = typeof LEG extends fc.Arbitrary<infer T> ? T : never;
type Call = typeof CALL extends fc.Arbitrary<infer T> ? T : never;

/** One request, as undici would make it: after an abort, or its end, its handler receives nothing. */
class Sent implements Controller {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  over = false;
  readonly #handler: Handler;
  readonly #name: string;

  constructor(handler: Handler, name: string, leg: Leg) {
    this.#handler = handler;
    this.#name = name;
    setTimeout(() => this.#start(leg), leg.connectMs);
  }

  abort(reason: Error): void {
    if (this.over) return;
    this.aborted = true;
    this.reason = reason;
    this.#fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  #start({ end, answerMs, bodyMs }: Leg): void {
    this.#handler.onRequestStart?.(this, null);
    if (end === 'error') setTimeout(() => this.#fail(new TypeError('reset')), answerMs);
    else if (end !== 'never') setTimeout(() => this.#respond(end, bodyMs), answerMs);
  }

  #respond(end: Leg['end'], bodyMs: number): void {
    if (this.over) return;
    this.#handler.onResponseStart?.(this, end === 'bad' ? 503 : 200, {});
    setTimeout(() => this.#end(end), bodyMs);
  }

  #end(end: Leg['end']): void {
    if (this.over) return;
    this.#handler.onResponseData?.(this, Buffer.from(this.#name));
    if (end === 'cut') return this.#fail(new TypeError('terminated'));
    this.over = true;
    this.#handler.onResponseEnd?.(this, {});
  }

  #fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.#handler.onResponseError?.(this, error);
  }
}

class Received implements Handler {
  controller: Controller | undefined;
  heads = 0;
  ends = 0;
  bodies = '';

  onRequestStart(controller: Controller): void {
    this.controller = controller;
  }

  onResponseStart(): void {
    this.heads += 1;
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    this.bodies += chunk;
  }

  onResponseEnd(): void {
    this.ends += 1;
  }

  onResponseError(): void {
    this.ends += 1;
  }
}

it('of ten thousand random schedules each has one end and at most one answer, and leaves nothing on the wire', async () => {
  const seen = { hedge: 0, 'hedge-won': 0, retry: 0 };
  const schedule = async ({ legs, abort }: Call): Promise<void> => {
    const breaker = breakerInterceptor({
      hedge: hedge({ delayMs: 5, minimumSamples: 0 }),
      retry: { maxRetries: 1, backoff: () => 1 },
      attemptTimeoutMs: 20,
    });
    breaker.policy.subscribe(({ type }) => {
      if (type in seen) seen[type as keyof typeof seen] += 1;
    });
    const sent: Sent[] = [];
    const wire = (_: unknown, handler: Handler): boolean =>
      sent.push(new Sent(handler, `${sent.length}`, legs[sent.length % 4] as Leg)) > 0;
    const received = new Received();
    const caller = new AbortController();
    const dispatch = breaker(wire as never) as unknown as (options: object, handler: Handler) => boolean;
    dispatch({ origin: ORIGIN, path: '/', method: 'GET', signal: caller.signal }, received);
    const stop = { signal: () => caller.abort(), controller: () => received.controller?.abort(new Error('enough')) };
    if (abort) setTimeout(stop[abort.by], abort.atMs);
    await vi.advanceTimersByTimeAsync(120);
    expect([received.ends, received.heads <= 1, received.bodies.length <= 1]).toEqual([1, true, true]);
    expect(sent.filter(({ over }) => !over)).toEqual([]);
    expect([breaker.policy.breaker(ORIGIN).evictionInfo(0).inFlight, vi.getTimerCount()]).toEqual([0, 0]);
  };
  await fc.assert(fc.asyncProperty(CALL, schedule), { numRuns: 10_000 });
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(300);
}, 120_000);
