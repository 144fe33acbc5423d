import { Writable } from 'node:stream';
import { BreakerRegistry, rate } from '@cutout/core';
import { ManualClock } from '@cutout/testing';
import pino from 'pino';
import { describe, expect, it, vi } from 'vitest';
import winston from 'winston';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import { logTransitions } from './log-transitions.ts';

const KEY = 'https://a.example';
const REQUEST: HttpRequest = {
  method: 'GET',
  url: `${KEY}/x?secret=1`,
  headers: { get: () => null },
  replayable: true,
};
const GOOD = { kind: 'status', status: 200, durationMs: 1 } as const;
const down = (): Promise<never> => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' }));

function make(): HttpPolicy {
  return createHttpPolicy({
    retry: { backoff: () => 0 },
    breaker: { failures: 2, openDurationMs: 30_000 },
  });
}

async function outage(policy: HttpPolicy, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await policy.run(REQUEST, down).catch(() => undefined);
}

describe('a log of transitions', () => {
  it('has one line for each, as a warning where the circuit opens, and none for a call', async () => {
    const policy = make();
    const lines: unknown[][] = [];
    const logger = {
      info: (...line: unknown[]) => void lines.push(['info', ...line]),
      warn: (...line: unknown[]) => void lines.push(['warn', ...line]),
    };
    const stop = logTransitions(policy, logger);
    await outage(policy, 11);
    policy.reset();
    expect(lines).toMatchObject([
      [
        'warn',
        `circuit ${KEY} closed -> open (consecutive) failed=2 last=ECONNRESET retry_in=30.0s`,
        { circuit: KEY, to: 'open', refused: 0 },
      ],
      [
        'info',
        expect.stringMatching(/open -> closed \(manual\) refused 10 calls in 0\.0s 1 retry refused$/),
        { refused: 10, from: 'open' },
      ],
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
    stop();
    policy.breaker(KEY).isolate();
    expect(lines).toHaveLength(2);
  });

  it('begins anew with each outage', async () => {
    const policy = make();
    const refused: unknown[] = [];
    const log = (_: unknown, facts: unknown): void => void refused.push((facts as { refused: number }).refused);
    logTransitions(policy, { info: log, warn: log });
    for (const calls of [3, 6]) {
      await outage(policy, calls);
      policy.reset();
    }
    // The first call of an outage is its two failures.
    expect(refused).toEqual([0, 2, 0, 5]);
  });

  it('puts the facts first for a logger like pino, or by its option', () => {
    const policy = make();
    const pino = { info: vi.fn(), warn: vi.fn(), fatal: vi.fn() };
    const own = { info: vi.fn(), warn: vi.fn() };
    logTransitions(policy, pino);
    logTransitions(policy, own, { order: 'facts-first' });
    policy.breaker(KEY).isolate();
    for (const { warn } of [pino, own])
      expect(warn.mock.calls).toMatchObject([[{ circuit: KEY, to: 'isolated' }, expect.any(String)]]);
  });

  it('logs the counts of the whole outage at its end, and in between those since the line before', async () => {
    const clock = new ManualClock();
    const trip = rate({ window: { type: 'count', size: 4 }, failureRatio: 0.5, minimumCalls: 4 });
    const registry = new BreakerRegistry({ clock, breaker: { trip, openDurationMs: 1_000 } });
    const policy = createHttpPolicy({ registry, retry: false });
    const lines: unknown[] = [];
    const log = (text: unknown): void => void lines.push(text);
    logTransitions(policy, { info: log, warn: log });
    await outage(policy, 4 + 3);
    clock.advance(1_000);
    await outage(policy, 1);
    await outage(policy, 2);
    clock.advance(60_000);
    for (let i = 0; i < 2; i++) await policy.run(REQUEST, async () => ({ outcome: GOOD, value: 0 }));
    expect(lines).toEqual([
      `circuit ${KEY} closed -> open (rate) failed=4/4 last=ECONNRESET retry_in=1.0s`,
      `circuit ${KEY} open -> half-open (open-elapsed) refused 3 calls in 1.0s`,
      expect.stringMatching(/half-open -> open \(probe-failed\) last=ECONNRESET retry_in=\d\.\ds$/),
      expect.stringMatching(/open -> half-open \(open-elapsed\) refused 2 calls in \d\.\ds$/),
      `circuit ${KEY} half-open -> closed (probes-ok) refused 5 calls in 61.0s`,
    ]);
  });

  it('logs how many calls were slow, where that opened it', () => {
    const clock = new ManualClock();
    const window = { type: 'count', size: 2 } as const;
    const trip = rate({ window, minimumCalls: 2, slowCall: { durationMs: 100, ratio: 0.5 } });
    const policy = createHttpPolicy({ registry: new BreakerRegistry({ clock, breaker: { trip } }) });
    const warn = vi.fn();
    logTransitions(policy, { info: vi.fn(), warn });
    for (let i = 0; i < 2; i++) {
      const permit = policy.breaker(KEY).acquire();
      clock.advance(200);
      permit.success();
    }
    expect(warn.mock.calls[0]).toMatchObject([expect.stringContaining('(slow) slow=2/2 '), { slow: 2, calls: 2 }]);
  });

  it('names the policy, where it has a name', () => {
    const warn = vi.fn();
    for (const policy of [createHttpPolicy({ name: 'shop' }), createHttpPolicy()]) {
      logTransitions(policy, { info: vi.fn(), warn });
      policy.breaker(KEY).isolate();
    }
    expect(warn.mock.calls.map(([, facts]) => facts.policy)).toEqual(['shop', undefined]);
  });

  it('begins at nothing for a circuit that its registry dropped in an outage', async () => {
    const policy = make();
    const refused: unknown[] = [];
    const log = (_: unknown, facts: unknown): void => void refused.push((facts as { refused: number }).refused);
    logTransitions(policy, { info: log, warn: log });
    await outage(policy, 9);
    policy.registry.delete(KEY);
    await outage(policy, 3);
    policy.reset();
    expect(refused).toEqual([0, 0, 2]);
  });

  it('leaves calls on the fast path, and harms no call where it throws', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const policy = make();
    const thrower = (): never => {
      throw new Error('disk full');
    };
    logTransitions(policy, { info: thrower, warn: thrower });
    const rejecter = async (): Promise<never> => thrower();
    logTransitions(policy, { info: rejecter, warn: rejecter });
    await outage(policy, 3);
    expect(policy.breaker(KEY).state).toBe('open');
    expect(printed).toHaveBeenCalledTimes(2);
    printed.mockRestore();
  });

  it('refuses what is no logger, and bad options', () => {
    const policy = make();
    expect(() => logTransitions(policy, { info: () => 0 } as never)).toThrow('logger must have a warn(), got {}');
    expect(() => logTransitions(policy, null as never)).toThrow('logger must have a info(), got null');
    expect(() => logTransitions(policy, console, { order: 'backwards' as never })).toThrow(
      "order must be one of 'facts-first', 'text-first', got \"backwards\"",
    );
    expect(() => logTransitions(policy, console, { orders: 1 } as never)).toThrow(
      'orders is not an option; did you mean order?',
    );
  });
});

/** The lines that a stream was given, as JSON. */
function sink(): { stream: Writable; lines: () => Record<string, unknown>[] } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return {
    stream,
    lines: () =>
      chunks
        .join('')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
  };
}

describe('behind the loggers that there are, facts and text both arrive', () => {
  it('in pino', () => {
    const { stream, lines } = sink();
    const policy = make();
    logTransitions(policy, pino(stream));
    logTransitions(policy, pino(stream).child({ service: 'shop' }));
    policy.breaker(KEY).isolate();
    const line = { level: 40, circuit: KEY, to: 'isolated', msg: `circuit ${KEY} closed -> isolated (manual)` };
    expect(lines()).toMatchObject([line, { ...line, service: 'shop' }]);
  });

  it('in winston', () => {
    const { stream, lines } = sink();
    const policy = make();
    const logger = winston.createLogger({ transports: [new winston.transports.Stream({ stream })] });
    logTransitions(policy, logger);
    logTransitions(policy, logger.child({ service: 'shop' }));
    policy.breaker(KEY).isolate();
    const line = { level: 'warn', circuit: KEY, to: 'isolated', message: `circuit ${KEY} closed -> isolated (manual)` };
    expect(lines()).toMatchObject([line, { ...line, service: 'shop' }]);
  });

  it('in the console', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const policy = make();
    logTransitions(policy, console);
    policy.breaker(KEY).isolate();
    expect(warn.mock.calls).toMatchObject([[`circuit ${KEY} closed -> isolated (manual)`, { circuit: KEY }]]);
    warn.mockRestore();
  });
});
