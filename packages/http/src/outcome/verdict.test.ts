import type { Verdict } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../call/attempt.ts';
import { checkPolicyOptions, type HttpRules, type ResolvedOptions } from '../policy/options.ts';
import { judge } from './classify-outcome.ts';
import type { HttpOutcome, OutcomeKind } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { isLate } from './slept.ts';
import { HttpTimeoutError } from './time-limits.ts';
import { type Answer, answerOf, checkVerdict, type HttpVerdict, ruleOf } from './verdict.ts';

const ORIGIN = 'http://a.example';
const ELSEWHERE = 'http://b.example';

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: `${ORIGIN}/x`, headers: new Headers(), replayable: true, ...more };
}

function settings(rules: HttpRules = {}): ResolvedOptions {
  return checkPolicyOptions(rules);
}

function judged(outcome: Partial<HttpOutcome>, rules: HttpRules = {}, attempt = 1): ReturnType<typeof judge> {
  return judge({ kind: 'status', durationMs: 5, ...outcome }, attempt, request(), settings(rules));
}

/** `health retry answer`, in short. */
function wordsOf(verdict: HttpVerdict): string {
  return `${verdict.health}${verdict.retry ? ' again' : ''} ${answerOf(verdict)}`;
}

/** One entry for each kind: a kind that is added fails to compile without one. */
const KINDS: Readonly<Record<OutcomeKind, { first: string; later: string; body: Verdict }>> = {
  status: { first: 'success good', later: 'success good', body: 'ignore' },
  refused: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  dns: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  'connect-timeout': { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  reset: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  tls: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  certificate: { first: 'failure bad', later: 'failure bad', body: 'failure' },
  'attempt-timeout': { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  'client-timeout': { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  deadline: { first: 'failure bad', later: 'ignore good', body: 'ignore' },
  'caller-timeout': { first: 'failure bad', later: 'failure bad', body: 'failure' },
  aborted: { first: 'ignore good', later: 'ignore good', body: 'ignore' },
  body: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  network: { first: 'failure again bad', later: 'failure again bad', body: 'failure' },
  invalid: { first: 'ignore good', later: 'ignore good', body: 'ignore' },
  local: { first: 'ignore good', later: 'ignore good', body: 'ignore' },
  shortage: { first: 'ignore bad', later: 'ignore bad', body: 'ignore' },
  proxy: { first: 'ignore again bad', later: 'ignore again bad', body: 'ignore' },
  slept: { first: 'ignore again bad', later: 'ignore again bad', body: 'ignore' },
};

describe('the verdict on an attempt', () => {
  for (const [kind, { first, later, body }] of Object.entries(KINDS) as [OutcomeKind, (typeof KINDS)[OutcomeKind]][]) {
    const outcome = kind === 'status' ? { kind, status: 200 } : { kind };
    it(`on ${kind} is ${first}, later ${later}, of a body ${body}`, () => {
      expect(wordsOf(judged(outcome, {}, 1).verdict)).toBe(first);
      expect(wordsOf(judged(outcome, { attemptTimeoutMs: 100 }, 2).verdict)).toBe(later);
      expect(ruleOf(kind).health).toBe(body);
    });

    it(`on ${kind} of another origin never blames the first`, () => {
      const { verdict, isForeign } = judged({ ...outcome, answeredBy: ELSEWHERE });
      expect(isForeign).toBe(true);
      expect(verdict.health).toBe(kind === 'status' ? 'success' : 'ignore');
      expect([verdict.retry, answerOf(verdict)]).toEqual([
        first.includes('again'),
        first.endsWith('bad') ? 'bad' : 'good',
      ]);
    });

    it(`on ${kind} leaves classify the last word`, () => {
      const own = { health: 'failure', answer: 'good', retry: true, notBeforeMs: 3 } as const;
      expect(judged(outcome, { classify: () => own }).verdict).toEqual(own);
    });
  }

  it('on a deadline counts a later attempt that had its time', () => {
    expect(wordsOf(judged({ kind: 'deadline', durationMs: 100 }, { attemptTimeoutMs: 100 }, 2).verdict)).toBe(
      'failure bad',
    );
  });

  it('on a proxy that wants credentials forbids another try', () => {
    expect(wordsOf(judged({ kind: 'proxy', proxyStatus: 407 }).verdict)).toBe('ignore bad');
    expect(wordsOf(judged({ kind: 'proxy', proxyStatus: 502 }).verdict)).toBe('ignore again bad');
  });
});

describe('the verdict on a status', () => {
  const rows: [status: number, expected: string][] = [
    [100, 'success good'],
    [204, 'success good'],
    [404, 'success good'],
    [408, 'failure again bad'],
    [425, 'success again good'],
    [429, 'failure again bad'],
    [501, 'failure bad'],
    [503, 'failure again bad'],
    [529, 'failure again bad'],
    [599, 'failure bad'],
    [0, 'failure again bad'],
    [99, 'failure again bad'],
    [600, 'failure again bad'],
    [999, 'failure again bad'],
    [Number.NaN, 'failure again bad'],
  ];
  for (const [status, expected] of rows) {
    it(`${status} is ${expected}`, () => expect(wordsOf(judged({ status }).verdict)).toBe(expected));
  }

  it('outside 100 to 599 is a failure whatever the sets contain, retried where a 500 is', () => {
    expect(wordsOf(judged({ status: 999 }, { failureStatus: [], retryStatus: [999] }).verdict)).toBe('failure bad');
  });

  it('that the platform hides is an answer, and so is one without a status', () => {
    expect(wordsOf(judged({ status: 0, opaque: true }).verdict)).toBe('success good');
    expect(wordsOf(judged({}).verdict)).toBe('success good');
  });

  it('from a cache of the client is ignored', () => {
    expect(wordsOf(judged({ status: 503, fromCache: true }).verdict)).toBe('ignore good');
  });

  it('of the same origin is judged as any', () => {
    expect(wordsOf(judged({ status: 503, answeredBy: ORIGIN }).verdict)).toBe('failure again bad');
  });
});

describe('how long the circuit is to stay open', () => {
  const headers = new Headers({ 'retry-after': '9' });

  it('is what the server requests, on any failing status', () => {
    for (const status of [429, 500, 502, 503, 504, 529, 599]) {
      expect(judged({ status, headers }).openForMs).toBe(9_000);
    }
  });

  it('is what classify returns, over what the server requests', () => {
    expect(judged({ status: 503, headers }, { classify: () => ({ notBeforeMs: 4 }) }).openForMs).toBe(4);
    expect(judged({ kind: 'reset' }, { classify: () => ({ notBeforeMs: 4 }) }).openForMs).toBe(4);
  });

  it('is not what another origin requests, although the wait before a retry is', () => {
    const foreign = { status: 503, headers, answeredBy: ELSEWHERE };
    const { openForMs, verdict } = judged(foreign);
    expect([openForMs, verdict.notBeforeMs]).toEqual([undefined, 9_000]);
    expect(judged(foreign, { classify: () => ({ health: 'failure', notBeforeMs: 5 }) }).openForMs).toBe(5);
  });
});

describe('the answer for the caller', () => {
  const answers: [own: Partial<HttpVerdict>, status: number, expected: Answer][] = [
    [{ health: 'ignore' }, 503, 'good'],
    [{ health: 'success' }, 503, 'good'],
    [{ health: 'failure' }, 200, 'bad'],
    [{ retry: false }, 503, 'bad'],
    [{ answer: 'bad' }, 200, 'bad'],
    [{ health: 'ignore', answer: 'bad' }, 503, 'bad'],
  ];
  for (const [own, status, expected] of answers) {
    it(`is ${expected} where classify makes ${JSON.stringify(own)} of ${status}`, () =>
      expect(answerOf(judged({ status }, { classify: () => own }).verdict)).toBe(expected));
  }

  it('must be one of two', () => {
    expect(() => checkVerdict({ answer: 'fine' })).toThrow(
      `classify's verdict.answer must be one of 'good', 'bad', got "fine"`,
    );
  });
});

describe('a limit that fires late', () => {
  it('is one by more than a second and half of itself', () => {
    expect([isLate(1_000, 100), isLate(1_001, 100), isLate(5_000, 10_000), isLate(5_001, 10_000)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('shows that the process slept', () => {
    for (const kind of ['attempt', 'total'] as const) {
      const late = Object.assign(new HttpTimeoutError(kind, 800), { lateMs: 1_200 });
      expect(outcomeOfError(late, request(), 2_000).kind).toBe('slept');
    }
    expect(outcomeOfError(new HttpTimeoutError('attempt', 800), request(), 800).kind).toBe('attempt-timeout');
  });
});
