/** Random lives of calls under a bulkhead: whatever comes of them, nothing of theirs is left behind. */

import { BreakerRegistry } from '@cutout/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AttemptContext, AttemptResult } from '../call/attempt.ts';
import type { BodyTracker } from '../call/body-tracker.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { bulkhead } from './bulkhead.ts';

afterEach(() => void vi.useRealTimers());

const SCHEDULES = 10_000;
const PLACES = 2;

/** Mulberry32: the same seed, the same schedules. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A caller's abort, and how many still listen to it. */
class CountedAbort {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<unknown>();

  constructor() {
    const { signal } = this;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
      this.#listeners.add(listener);
      addEventListener.call(signal, type as 'abort', listener as () => void, options as AddEventListenerOptions);
    };
    signal.removeEventListener = (type: string, listener: unknown) => {
      this.#listeners.delete(listener);
      removeEventListener.call(signal, type as 'abort', listener as () => void);
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get listeners(): number {
    return this.signal.aborted ? 0 : this.#listeners.size;
  }

  abort(): void {
    this.#controller.abort();
  }
}

interface Running {
  inFlight: number;
  most: number;
}

/** One attempt of a host that answers, fails, breaks off or hangs, as chance will have it. */
async function attemptOf(
  random: () => number,
  running: Running,
  { signal }: AttemptContext,
): Promise<AttemptResult<number>> {
  if (signal?.aborted) throw signal.reason;
  running.inFlight += 1;
  running.most = Math.max(running.most, running.inFlight);
  try {
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', leave, { once: true });
      const done = (): void => signal?.removeEventListener('abort', leave);
      const fate = random();
      if (fate < 0.2) setTimeout(() => (done(), reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))), 5);
      else setTimeout(() => (done(), resolve()), Math.floor(random() * 40));
    });
  } catch (error) {
    running.inFlight -= 1;
    throw error;
  }
  return answerOf(random, running, signal);
}

/** An abort ends the body too, whether it is read or not. */
function answerOf(random: () => number, running: Running, signal: AbortSignal | undefined): AttemptResult<number> {
  const status = random() < 0.3 ? 503 : 200;
  const bodyPending = random() < 0.6;
  let ended = false;
  const end = (report: () => void): void => {
    if (ended) return;
    ended = true;
    running.inFlight -= 1;
    signal?.removeEventListener('abort', cut);
    report();
  };
  const cut = (): void => end(() => undefined);
  if (bodyPending) signal?.addEventListener('abort', cut, { once: true });
  else cut();
  return {
    value: status,
    outcome: { kind: 'status', status, bodyPending },
    ...(bodyPending
      ? {
          release: async () => (end(() => undefined), random() < 0.5),
          discard: () => end(() => undefined),
          trackBody: (watch: BodyTracker) =>
            void setTimeout(() => end(endOf(random, watch)), Math.floor(random() * 60)),
        }
      : {}),
  };
}

function endOf(random: () => number, watch: BodyTracker): () => void {
  const fate = random();
  if (fate < 0.4) return () => watch.whole();
  return fate < 0.7 ? () => watch.cancelled() : () => watch.broken(new TypeError('terminated'));
}

const requestOf = (signal?: AbortSignal): HttpRequest => ({
  method: 'GET',
  url: 'https://a.example/',
  headers: { get: () => null },
  replayable: true,
  ...(signal ? { signal } : {}),
});

function policyOf(random: () => number): HttpPolicy {
  const maybe = <T extends object>(options: T): Partial<T> => (random() < 0.5 ? options : {});
  return createHttpPolicy({
    bulkhead: bulkhead({
      maxConcurrent: PLACES,
      maxQueue: Math.floor(random() * 6),
      ...maybe({ queueTimeoutMs: 15 }),
    }),
    ...maybe({ attemptTimeoutMs: 30 }),
    ...maybe({ totalTimeoutMs: 70 }),
    ...maybe({ fallback: () => -1 }),
    retry: random() < 0.5 ? false : { maxRetries: 2, backoff: () => 5, budget: false },
    registry: new BreakerRegistry({ breaker: { failures: 4, openDurationMs: 40 } }),
  });
}

/** Whether an aborted call goes on, a turn of the event loop later. */
interface Call {
  readonly abort: CountedAbort;
  begun: boolean;
  ended: boolean;
  outlivedAbort: boolean;
}

function begin(policy: HttpPolicy, random: () => number, running: Running): Call {
  const call: Call = { abort: new CountedAbort(), begun: false, ended: false, outlivedAbort: false };
  const run = async (): Promise<void> => {
    call.begun = true;
    await policy
      .run(requestOf(call.abort.signal), context => attemptOf(random, running, context))
      .catch(() => undefined);
    call.ended = true;
  };
  const give = (): void => {
    const runs = call.begun;
    call.abort.abort();
    setTimeout(() => {
      call.outlivedAbort = runs && !call.ended;
    }, 0);
  };
  setTimeout(() => void run(), Math.floor(random() * 30));
  if (random() < 0.4) setTimeout(give, Math.floor(random() * 50));
  return call;
}

async function live(random: () => number): Promise<void> {
  const policy = policyOf(random);
  const running: Running = { inFlight: 0, most: 0 };
  const calls = Array.from({ length: 8 }, () => begin(policy, random, running));
  // Longer than all of it takes, and shorter than bodyHoldMs.
  await vi.advanceTimersByTimeAsync(2_000);
  expect(running).toEqual({ inFlight: 0, most: Math.min(running.most, PLACES) });
  expect(calls.map(({ ended, outlivedAbort, abort }) => [ended, outlivedAbort, abort.listeners])).toEqual(
    calls.map(() => [true, false, 0]),
  );
  expect(vi.getTimerCount()).toBe(0);
  await expectAllFree(policy);
}

/** As many as there are places, and not one more. */
async function expectAllFree(policy: HttpPolicy): Promise<void> {
  policy.reset();
  const finish = Promise.withResolvers<void>();
  const hold = async (): Promise<AttemptResult<number>> => {
    await finish.promise;
    return { value: 200, outcome: { kind: 'status', status: 200 } };
  };
  let refused = 0;
  const stop = policy.subscribe(({ type }) => {
    if (type === 'bulkhead-rejected') refused += 1;
  });
  const own = { totalTimeoutMs: 1_000_000, attemptTimeoutMs: 20_000, fallback: () => -1 } as const;
  const held = Array.from({ length: PLACES }, () => policy.run(requestOf(), hold, own));
  await vi.advanceTimersByTimeAsync(0);
  expect(refused).toBe(0);
  expect(policy.breaker('https://a.example').evictionInfo(0).inFlight).toBe(PLACES);
  stop();
  finish.resolve();
  expect(await Promise.all(held)).toEqual([200, 200]);
}

describe('calls that abort, fail, time out, queue, retry and read as chance will have it', () => {
  it(`leave no place, no turn in the queue, no listener and no timer behind in ${SCHEDULES} schedules`, async () => {
    vi.useFakeTimers();
    for (let seed = 0; seed < SCHEDULES; seed++) {
      await live(randomFrom(seed)).catch(error => {
        throw new Error(`schedule ${seed}`, { cause: error });
      });
    }
  }, 120_000);
});
