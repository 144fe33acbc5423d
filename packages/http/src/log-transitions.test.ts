import { describe, expect, it, vi } from 'vitest';
import { logTransitions } from './log-transitions.ts';
import { createHttpPolicy, type HttpPolicy } from './policy.ts';
import type { HttpRequest } from './request.ts';

const KEY = 'https://a.example';
const REQUEST: HttpRequest = {
  method: 'GET',
  url: `${KEY}/x?secret=1`,
  headers: { get: () => null },
  replayable: true,
};
const down = (): Promise<never> => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' }));

function make(): HttpPolicy {
  return createHttpPolicy({
    retry: { backoff: () => 0 },
    breaker: { trip: { type: 'consecutive', failures: 2 }, openDurationMs: 30_000 },
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
        `circuit ${KEY} closed -> open (consecutive) last=ECONNRESET retry_in=30.0s`,
        { circuit: KEY, to: 'open', refused: 0 },
      ],
      [
        'info',
        expect.stringMatching(/open -> closed \(manual\) refused 10 calls in 0\.0s$/),
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

  it('puts the facts first for a logger like pino, and as it is told', () => {
    const policy = make();
    const pino = { info: vi.fn(), warn: vi.fn(), fatal: vi.fn() };
    const own = { info: vi.fn(), warn: vi.fn() };
    logTransitions(policy, pino);
    logTransitions(policy, own, { order: 'facts-first' });
    policy.breaker(KEY).isolate();
    for (const { warn } of [pino, own])
      expect(warn.mock.calls).toMatchObject([[{ circuit: KEY, to: 'isolated' }, expect.any(String)]]);
  });

  it('leaves the calls their short way, and harms nobody where it throws', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const policy = make();
    const thrower = (): never => {
      throw new Error('disk full');
    };
    logTransitions(policy, { info: thrower, warn: thrower });
    await outage(policy, 3);
    expect(policy.breaker(KEY).state).toBe('open');
    expect(printed).toHaveBeenCalledTimes(1);
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
