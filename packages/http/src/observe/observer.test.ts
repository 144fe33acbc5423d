import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHttpPolicy, type HttpPolicy } from '../policy/policy.ts';
import type { AttemptObservation, HttpObserver } from './observer.ts';

const REQUEST = { method: 'GET', url: 'https://a.example/', headers: { get: () => null }, replayable: true };
const unhandled = vi.fn();
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  process.on('unhandledRejection', unhandled);
});
afterEach(async () => {
  await turn();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  vi.restoreAllMocks();
  unhandled.mockClear();
});

const BAD: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('broken');
  },
  rejects: () => Promise.reject(new Error('broken')),
  'never settles': () => new Promise(() => undefined),
  'returns nonsense': () => 7,
  'returns an empty object': () => ({}),
};

/** One hook of an observer replaced by a bad one. */
const HOOKS: Readonly<Record<string, (bad: () => unknown) => object>> = {
  call: bad => ({ call: bad }),
  attempt: bad => ({ attempt: bad }),
  refused: bad => ({ refused: bad }),
  'call.end': bad => ({ call: () => ({ end: bad }) }),
  'attempt.end': bad => ({ attempt: () => ({ run: (send: () => unknown) => send(), end: bad }) }),
  'attempt.run': bad => ({ attempt: () => ({ run: bad, end: () => undefined }) }),
  active: bad => ({
    get active() {
      return bad();
    },
  }),
};

const ROWS = Object.keys(HOOKS).flatMap(hook => Object.keys(BAD).map(bad => [hook, bad] as const));

async function ask(policy: HttpPolicy, sent: () => Promise<number>): Promise<number> {
  return policy.run(REQUEST, async () => ({ value: await sent(), outcome: { kind: 'status', status: 200 } }));
}

it.each(ROWS)('%s of an observer that %s changes no call, and sends each request once', async (hook, bad) => {
  const policy = createHttpPolicy({ retry: false });
  policy.observe(HOOKS[hook]?.(BAD[bad] as () => unknown) as HttpObserver);
  let sent = 0;
  for (let i = 0; i < 3; i++) expect(await ask(policy, async () => ++sent)).toBe(i + 1);
  policy.breaker('https://a.example').isolate();
  await expect(ask(policy, async () => ++sent)).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
  expect(sent).toBe(3);
  expect(policy.metricsOf('https://a.example')).toMatchObject({ answers: { success: 3, failure: 0 }, inFlight: 0 });
  expect(vi.mocked(console.error).mock.calls.length).toBeLessThanOrEqual(1);
});

describe('run of an observation', () => {
  const within = (run: (send: () => unknown) => unknown): HttpPolicy => {
    const policy = createHttpPolicy({ retry: false });
    policy.observe({ attempt: () => ({ run, end: () => undefined }) as AttemptObservation });
    return policy;
  };

  it('that calls send twice, late, or throws after it, sends once', async () => {
    const runs: ((send: () => unknown) => unknown)[] = [
      send => [send(), send()],
      async send => {
        await turn();
        return send();
      },
      send => {
        send();
        throw new Error('broken');
      },
      send => void send(),
    ];
    for (const run of runs) {
      let sent = 0;
      expect(await ask(within(run), async () => ++sent)).toBe(1);
      await turn();
      expect(sent).toBe(1);
    }
  });

  it('that hides the error of an attempt does not hide it from the caller, nor report it', async () => {
    const error = new TypeError('fetch failed');
    for (const run of [
      async (send: () => unknown) => send(),
      (send: () => unknown) => Promise.resolve(send()).catch(() => undefined),
    ]) {
      await expect(ask(within(run), () => Promise.reject(error))).rejects.toBe(error);
    }
    expect(console.error).not.toHaveBeenCalled();
  });
});

it('is refused where it is no object', () => {
  const policy = createHttpPolicy();
  for (const observer of [undefined, null, 7, 'x']) {
    expect(() => policy.observe(observer as never)).toThrow(/^observer must be an object, got /);
  }
});
