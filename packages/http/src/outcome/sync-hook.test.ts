import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpPolicyOptions } from '../policy/options.ts';
import { createHttpPolicy } from '../policy/policy.ts';
import type { HttpRequest } from './request.ts';
import { requireSync } from './sync-hook.ts';

const REQUEST: HttpRequest = { method: 'GET', url: 'http://a.example/', headers: new Headers(), replayable: true };

let unhandled: unknown[];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', note);
});
afterEach(() => process.off('unhandledRejection', note));

/** Long enough for Node to report a rejection without a handler. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function failing(options: HttpPolicyOptions): Promise<{ error: unknown; inFlight: number; calls: number }> {
  const policy = createHttpPolicy(options);
  const error: unknown = await policy
    .run(REQUEST, async () => ({ value: 503, outcome: { kind: 'status', status: 503 } }))
    .catch(reason => reason);
  await turn();
  const [row] = policy.metrics().keys;
  return { error, inFlight: row?.inFlight ?? 0, calls: row?.calls.ignored ?? 0 };
}

describe('a hook whose answer is needed at once', () => {
  const rejects = async (): Promise<never> => Promise.reject(new Error('look-up failed'));
  const hooks: Record<string, HttpPolicyOptions> = {
    classify: { classify: rejects as never },
    failureStatus: { failureStatus: rejects as never },
    retryStatus: { retryStatus: rejects as never },
    key: { key: rejects as never },
  };
  for (const [name, options] of Object.entries(hooks)) {
    it(`refuses a promise of ${name}, handles its rejection, and gives the permit back`, async () => {
      const { error, inFlight } = await failing(options);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toBe(
        `${name} must return its answer at once, got a promise: it must not be an async function`,
      );
      expect([inFlight, unhandled]).toEqual([0, []]);
    });

    it(`hands on what ${name} throws, and gives the permit back`, async () => {
      const mine = new Error('mine');
      const throws = (): never => {
        throw mine;
      };
      const { error, inFlight } = await failing({ [name]: throws });
      expect([error, inFlight]).toEqual([mine, 0]);
    });
  }

  it('uses the default wait where retry.backoff returns a promise, and handles its rejection', async () => {
    const { error } = await failing({ retry: { maxRetries: 1, backoff: rejects as never } });
    expect([error, unhandled]).toEqual([503, []]);
  });

  it('refuses every other nonsense of classify by name', async () => {
    for (const bad of [null, 'failure', 1, [], { health: 'bad' }, { retry: 'yes' }, { notBeforeMs: -1 }, { wait: 1 }]) {
      const { error, inFlight } = await failing({ classify: () => bad as never });
      expect(String((error as Error).message)).toMatch(/^classify's verdict/);
      expect(inFlight).toBe(0);
    }
  });

  it('refuses a thenable whose then throws, without a second error', async () => {
    const thenable = Object.fromEntries([
      [
        'then',
        () => {
          throw new Error('then');
        },
      ],
    ]);
    expect(() => requireSync('classify', thenable)).toThrow('classify must return its answer at once');
    await turn();
    expect(unhandled).toEqual([]);
  });
});
