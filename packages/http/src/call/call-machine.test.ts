import { CircuitOpenError, isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { hedge } from '../hedge/hedge.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { CallMachine } from './call-machine.ts';
import type { Park, Step } from './step.ts';

const URL = 'http://a.example/';
const REQUEST: HttpRequest = { method: 'GET', url: URL, headers: { get: () => null }, replayable: true };
const OTHER: HttpRequest = { ...REQUEST, url: 'http://b.example/' };

const GOOD: HttpOutcome = { kind: 'status', status: 200, durationMs: 1 };
const BAD: HttpOutcome = { kind: 'status', status: 503, durationMs: 1 };
const RESET: HttpOutcome = { kind: 'reset', error: new Error('reset'), durationMs: 1 };
const ABORTED: HttpOutcome = { kind: 'aborted', error: new Error('aborted'), durationMs: 1 };
const REFUSAL = new CircuitOpenError({ key: URL, state: 'open', retryAfterMs: 1, reason: 'open' } as never);

const RETRY = { maxRetries: 2, backoff: { initialDelayMs: 10, jitter: 'none' } } as const;

/** A call in a state, and its policy. */
interface Scene {
  readonly policy: HttpPolicy;
  readonly call: CallMachine;
  /** The step that led into the state. */
  readonly step: Step | undefined;
}

function scene(options: HttpPolicyOptions, ...events: ((call: CallMachine) => Step)[]): Scene {
  const policy = createHttpPolicy(options);
  const call = policy.begin(REQUEST);
  let step: Step | undefined;
  for (const event of events) step = event(call);
  return { policy, call, step };
}

const start = (call: CallMachine): Step => call.start();
const fallback = (): string => 'instead';

/** How a call comes into each state. */
const STATES = {
  new: () => scene({ retry: RETRY }),
  queued: () => {
    const policy = createHttpPolicy({ retry: RETRY, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) });
    policy.begin(REQUEST).start();
    const call = policy.begin(REQUEST);
    const step = call.start();
    // What ends the wait is of no interest here.
    (step as Park).turn.catch(() => undefined);
    return { policy, call, step };
  },
  sent: () => scene({ retry: RETRY }, start),
  racing: () =>
    scene({ retry: RETRY, hedge: hedge({ delayMs: 1, minimumSamples: 0 }) }, start, call => call.hedgeDue()),
  waiting: () => scene({ retry: RETRY }, start, call => call.head(1, BAD, 'first')),
  following: () =>
    scene({ retry: RETRY }, start, call => call.followed({ kind: 'status', status: 302, durationMs: 1 })),
  asking: () => scene({ retry: false, fallback }, start, call => call.head(1, BAD, 'first')),
  over: () => scene({ retry: RETRY }, start, call => call.head(1, GOOD, 'first')),
} satisfies Record<string, () => Scene>;

type State = keyof typeof STATES;

const EVENTS: Record<string, (call: CallMachine) => Step> = {
  start,
  'turn, a permit': call => call.turn(undefined),
  'turn, a refusal': call => call.turn(REFUSAL),
  hop: call => call.hop(OTHER),
  'head of 1, good': call => call.head(1, GOOD, 'response'),
  'head of 1, bad': call => call.head(1, BAD, 'response'),
  'head of 2, good': call => call.head(2, GOOD, 'response'),
  'failure of 1': call => call.failed(1, RESET, RESET.error),
  'failure of 2': call => call.failed(2, RESET, RESET.error),
  'stop by the caller': call => call.stopped(ABORTED, ABORTED.error),
  followed: call => call.followed({ kind: 'status', status: 302, durationMs: 1 }),
  concluded: call => call.concluded('response', true),
  'concluded, without retries': call => call.concluded('response', true, false),
  repeated: call => call.repeated(RESET.error),
  hedgeDue: call => call.hedgeDue(),
  'buffered whole': call => call.buffered(true),
  due: call => call.due(),
  answered: call => call.answered('instead'),
  unanswered: call => call.unanswered(),
  answerFailed: call => call.answerFailed(new Error('the fallback failed')),
  aborted: call => call.aborted(new Error('enough')),
};

/** What each event leads to. What is not listed is late or a duplicate, and leads to nothing. */
const TABLE: Record<State, Partial<Record<keyof typeof EVENTS, Step['do']>>> = {
  new: { start: 'send', aborted: 'throw' },
  queued: { 'turn, a permit': 'send', 'turn, a refusal': 'throw', aborted: 'throw' },
  sent: {
    hop: 'send',
    'head of 1, good': 'deliver',
    'head of 1, bad': 'sleep',
    'failure of 1': 'sleep',
    'stop by the caller': 'throw',
    aborted: 'throw',
  },
  racing: {
    hop: 'send',
    'head of 1, good': 'deliver',
    'head of 1, bad': 'set-aside',
    'head of 2, good': 'deliver',
    'failure of 1': 'set-aside',
    'failure of 2': 'set-aside',
    'stop by the caller': 'throw',
    aborted: 'throw',
  },
  // A response is freed first, and then the wait is over.
  waiting: { aborted: 'throw' },
  following: { hop: 'send', concluded: 'deliver', 'concluded, without retries': 'deliver', aborted: 'throw' },
  asking: { answered: 'answer', unanswered: 'deliver', answerFailed: 'throw', aborted: 'throw' },
  over: {},
};

describe('each event in each state', () => {
  for (const state of Object.keys(STATES) as State[]) {
    for (const [name, event] of Object.entries(EVENTS)) {
      const expected = TABLE[state][name] ?? 'none';
      it(`${state}: ${name} -> ${expected}`, () => {
        const { call } = STATES[state]();
        expect(event(call).do).toBe(expected);
        call.end();
      });
    }
  }

  it('holds nothing after any of them once the call has ended', () => {
    for (const state of Object.keys(STATES) as State[]) {
      for (const event of Object.values(EVENTS)) {
        const { call, policy } = STATES[state]();
        event(call);
        call.end();
        const others = state === 'queued' ? 1 : 0;
        expect([...policy.registry].reduce((sum, breaker) => sum + breaker.metrics().inFlight, 0)).toBe(others);
        for (const late of Object.values(EVENTS)) expect(late(call)).toEqual({ do: 'none' });
      }
    }
  });
});

describe('a wait', () => {
  it('is over when the old response has been freed and its time has passed, in either order', () => {
    const first = STATES.waiting().call;
    expect([first.buffered(true).do, first.due().do]).toEqual(['none', 'send']);
    const second = STATES.waiting().call;
    expect([second.due().do, second.buffered(false).do]).toEqual(['none', 'send']);
  });

  it('needs only its time after an error', () => {
    const { call, step } = scene({ retry: RETRY }, start, each => each.failed(1, RESET, RESET.error));
    expect(step).toEqual({ do: 'sleep', ms: 10, bufferMs: 250 });
    expect([call.buffered(true).do, call.due().do, call.target.attempt]).toEqual(['none', 'send', 2]);
  });

  it('ends the call with the old response where the circuit has opened meanwhile, if that is whole', () => {
    for (const isIntact of [true, false]) {
      const { call, policy } = STATES.waiting();
      policy.breaker(URL).isolate();
      call.buffered(isIntact);
      const step = call.due();
      if (isIntact) expect(step).toEqual({ do: 'deliver', isGood: false, body: undefined });
      else expect(step).toMatchObject({ do: 'throw', error: { code: 'ERR_CIRCUIT_OPEN', lastStatus: 503 } });
    }
  });

  it('ends the call with the old error where the circuit has opened meanwhile', () => {
    const { call, policy } = scene({ retry: RETRY }, start, each => each.failed(1, RESET, RESET.error));
    policy.breaker(URL).isolate();
    expect(call.due()).toEqual({ do: 'throw', error: RESET.error, byHook: false });
  });

  it('ends the call with the time limit where it took what was left of the time', () => {
    const { call } = scene({ retry: RETRY, totalTimeoutMs: 40 }, start, each => each.head(1, BAD, 'first'));
    const until = performance.now() + 45;
    while (performance.now() < until);
    call.buffered(false);
    expect(call.due()).toMatchObject({ do: 'throw', error: { code: 'ERR_TOTAL_TIMEOUT', lastStatus: 503 } });
  });
});

describe('a client that may go on by itself', () => {
  const followed = (outcome: HttpOutcome) => (call: CallMachine) => call.followed(outcome);

  it('decides on the recorded outcome where it does not', () => {
    const { call, policy } = scene({ retry: RETRY, fallback }, start, followed(BAD));
    expect([policy.breaker(URL).metrics().answers.failure, call.isRunning]).toEqual([1, false]);
    expect(call.concluded('shown', false)).toEqual({ do: 'sleep', ms: 10, bufferMs: 250 });
    const once = scene({ retry: RETRY, fallback }, start, followed(BAD)).call;
    expect(once.concluded('shown', true, false)).toMatchObject({ do: 'ask', failure: 'shown', status: 503 });
    const good = scene({ retry: RETRY }, start, followed(GOOD)).call;
    expect(good.concluded('thrown by a hook', false)).toMatchObject({ do: 'throw', error: 'thrown by a hook' });
  });

  it('makes further attempts by its own rules, and ends with the last error where one is refused', () => {
    const { call, policy } = scene({ retry: false, fallback }, start, followed(BAD));
    expect([call.repeated('503').do, call.due().do, call.target.attempt]).toEqual(['none', 'send', 2]);
    call.followed(BAD);
    call.repeated('503');
    policy.breaker(URL).isolate();
    expect(call.due()).toMatchObject({ do: 'ask', failure: '503', refused: false });
    expect(call.unanswered()).toMatchObject({ do: 'throw', error: '503' });
  });
});

describe('a refusal', () => {
  it('is thrown where nothing was sent, and a fallback may take its place', () => {
    const policy = createHttpPolicy({ retry: RETRY });
    policy.breaker(URL).isolate();
    const step = policy.begin(REQUEST).start();
    expect(step).toMatchObject({ do: 'throw', byHook: false });
    expect(isCircuitOpenError((step as { error?: unknown }).error)).toBe(true);
    const answering = createHttpPolicy({ fallback });
    answering.breaker(URL).isolate();
    expect(answering.begin(REQUEST).start()).toMatchObject({ do: 'ask', refused: true, status: undefined });
  });

  it('of a full bulkhead comes before a permit', () => {
    const policy = createHttpPolicy({ bulkhead: bulkhead({ maxConcurrent: 1 }) });
    policy.begin(REQUEST).start();
    const step = policy.begin(REQUEST).start();
    expect(isBulkheadFullError((step as { error?: unknown }).error)).toBe(true);
    expect(policy.breaker(URL).metrics().rejected).toBe(0);
  });
});

describe('a hedge race', () => {
  it('cancels the rival that is under way', () => {
    expect(STATES.racing().call.head(1, GOOD, 'x')).toMatchObject({ do: 'deliver', cancel: 2 });
    expect(STATES.racing().call.head(2, GOOD, 'x')).toMatchObject({ do: 'deliver', cancel: 1 });
    expect(STATES.racing().call.stopped(ABORTED, 'x')).toMatchObject({ do: 'throw', cancel: 2 });
  });

  it('ends with the last of the two where none is good', () => {
    const { call } = STATES.racing();
    expect(call.head(1, BAD, 'x').do).toBe('set-aside');
    expect(call.head(1, GOOD, 'x').do).toBe('none');
    expect(call.failed(2, RESET, 'y')).toEqual({ do: 'sleep', ms: 10, bufferMs: 250 });
  });

  it('is not begun twice, after the end of the first, or by a later attempt', () => {
    expect(STATES.racing().call.hedgeDue().do).toBe('none');
    const { call, step } = scene(
      { retry: RETRY, hedge: hedge({ delayMs: 1, minimumSamples: 0 }) },
      start,
      each => each.failed(1, RESET, 'x'),
      each => each.due(),
    );
    expect([step?.do, call.hedgeDue().do]).toEqual(['send', 'none']);
  });
});

describe('what a function of the user throws', () => {
  const thrown = new Error('thrown by the user');
  const fail = (): never => {
    throw thrown;
  };

  it('ends the call as it is, and counts for nothing', () => {
    const { call, policy, step } = scene({ classify: fail, fallback }, start, each => each.head(1, BAD, 'x'));
    expect(step).toEqual({ do: 'throw', error: thrown, byHook: true });
    expect(policy.breaker(URL).metrics()).toMatchObject({ answers: { failure: 0, ignore: 1 }, inFlight: 0 });
    expect(call.due().do).toBe('none');
  });

  it('ends the call where the next attempt is aimed by it', () => {
    let calls = 0;
    const key = (): string => (++calls > 1 ? fail() : 'a');
    const { call } = scene({ key, retry: RETRY }, start, each => each.failed(1, RESET, 'x'));
    expect(call.due()).toEqual({ do: 'throw', error: thrown, byHook: true });
  });
});

describe('an answer in place of a failure', () => {
  it('comes from the kept answers first, then from the fallback, and else the failure stands', () => {
    const policy = createHttpPolicy({ retry: false, fallback });
    const call = policy.begin(REQUEST);
    const kept = { answer: () => undefined };
    call.replacements.keep(kept);
    call.start();
    const first = call.head(1, BAD, 'response');
    expect(first).toMatchObject({ do: 'ask', source: kept, failure: 'response', status: 503, refused: false });
    const second = call.unanswered();
    expect(second).toMatchObject({ do: 'ask', failure: 'response', status: 503 });
    expect((second as { source?: unknown }).source).not.toBe(kept);
    expect(call.unanswered()).toEqual({ do: 'deliver', isGood: false, body: undefined });
  });

  it('is not looked for after a good answer, or an abort of the caller', () => {
    expect(scene({ fallback }, start, call => call.head(1, GOOD, 'x')).step).toMatchObject({ do: 'deliver' });
    expect(scene({ fallback }, start, call => call.stopped(ABORTED, 'x')).step).toMatchObject({ do: 'throw' });
  });
});

it('a retry that was paid for and is not made gives its price back, whatever stood against it', () => {
  const endings: ((policy: HttpPolicy, call: CallMachine) => void)[] = [
    (policy, call) => {
      policy.breaker(URL).isolate();
      call.due();
    },
    (_, call) => void call.aborted(new Error('enough')),
    (_, call) => void call.end(),
    (_, call) => {
      const until = performance.now() + 45;
      while (performance.now() < until);
      call.due();
    },
  ];
  for (const end of endings) {
    const { call, policy } = scene({ retry: RETRY, totalTimeoutMs: 40 }, start, each => each.failed(1, RESET, 'x'));
    expect(policy.metricsOf(URL)?.budgetLeft).toBe(9);
    end(policy, call);
    call.end();
    expect(policy.metricsOf(URL)?.budgetLeft).toBe(10);
  }
});
