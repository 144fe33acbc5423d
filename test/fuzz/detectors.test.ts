import { once } from 'node:events';
import { get } from 'node:http';
import { runInThisContext } from 'node:vm';
import { Bulkhead } from '@cutout/core';
import { createHttpPolicy } from '@cutout/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Client, NOTHING, type Shape, type Subject } from './clients/subject.ts';
import { callerOf, Detectors, Patience } from './detectors.ts';
import { HostileServer } from './hostile-server.ts';
import type { Plan } from './plan.ts';
import { type Fault, keptListeners, play } from './run.ts';

/** Code that runs as if it were in one of our packages. */
const asOurs = <T>(code: string): T => runInThisContext(code, { filename: '/packages/http/src/planted.ts' }) as T;

const startTimer = asOurs<() => NodeJS.Timeout>('() => setTimeout(() => undefined, 60_000)');
const startInterval = asOurs<() => NodeJS.Timeout>('() => setInterval(() => undefined, 60_000)');
const listen = asOurs<(signal: AbortSignal) => void>('signal => signal.addEventListener("abort", () => undefined)');
const listenOnce = asOurs<(signal: AbortSignal) => void>(
  'signal => signal.addEventListener("abort", () => undefined, { once: true })',
);

/** A subject whose calls only leak. */
function leaking(
  send: (shape: Shape, policy: NonNullable<Client['policy']>) => unknown,
  more: Partial<Client> = {},
): Subject {
  const policy = createHttpPolicy();
  const client: Client = {
    policy,
    send: async shape => {
      await send(shape, policy);
      return NOTHING;
    },
    close: () => undefined,
    ...more,
  };
  const tables = {
    own: {},
    client: {},
    apis: ['leak'],
    bodies: ['none' as const],
    outOfReach: [],
    refuses: [],
    ownFaults: [],
  };
  return { name: 'leaking', ...tables, bare: () => client, build: () => client };
}

const PLAN: Plan = {
  seed: 1,
  mutations: [],
  steps: ['headers and a hang'],
  calls: 1,
  together: false,
  method: 'GET',
  body: 'none',
  api: 'leak',
  signal: 'of the platform',
  abortAfterMs: undefined,
  reason: 'none',
  reader: 'ignore',
  rich: false,
};

async function faultsOf(subject: Subject, plan: Plan = PLAN): Promise<Fault['kind'][]> {
  const server = await HostileServer.start();
  using detectors = new Detectors();
  using patience = new Patience();
  try {
    const { faults, listeners } = await play(plan, 1, subject, { server, detectors, patience, graceMs: 100 });
    const kept = await keptListeners(listeners);
    return [...faults.map(({ kind }) => kind), ...kept.map(() => 'listener' as const)];
  } finally {
    await server.close();
  }
}

const held = new Bulkhead({ maxConcurrent: 1 });
const placesHeld = (): { permits: number; places: number } => ({ permits: 0, places: held.inFlight });

const LEAKS: Readonly<Record<Fault['kind'], Subject>> = {
  unhandledRejection: leaking(() => void Promise.reject(new Error('planted'))),
  uncaughtException: leaking(
    () =>
      new Promise<void>(resolve => {
        setImmediate(() => {
          resolve();
          throw new Error('planted');
        });
      }),
  ),
  hang: leaking(() => new Promise(() => undefined)),
  permit: leaking(({ url }, policy) => policy.breaker(url).tryAcquire()),
  place: leaking(() => held.tryAcquire(), { held: placesHeld }),
  timer: leaking(() => {
    const timer = startTimer();
    onTestFinished(() => clearTimeout(timer));
  }),
  socket: leaking(({ url }) =>
    once(
      get(url).on('error', () => undefined),
      'response',
    ),
  ),
  listener: leaking(({ signal }) => listen(signal as AbortSignal)),
  crash: {
    ...leaking(() => undefined),
    build: () => {
      throw new Error('planted');
    },
  },
};

describe('each detector', () => {
  it.each(Object.entries(LEAKS))('reports a planted leak: %s', async (kind, subject) => {
    expect(await faultsOf(subject)).toEqual([kind]);
  });

  it('reports nothing without a leak', async () => {
    const tidy = leaking(({ signal }) => {
      clearTimeout(startTimer());
      clearInterval(startInterval());
      listenOnce(signal as AbortSignal);
      return once(signal as AbortSignal, 'abort');
    });
    expect(await faultsOf(tidy, { ...PLAN, abortAfterMs: 0 })).toEqual([]);
  });

  it('reports an interval that continues', async () => {
    const subject = leaking(() => {
      const timer = startInterval();
      onTestFinished(() => clearInterval(timer));
    });
    expect(await faultsOf(subject)).toEqual(['timer']);
  });

  it('leaves the listeners of the process unchanged', () => {
    const before = process.listeners('unhandledRejection');
    const { setTimeout: original } = globalThis;
    new Detectors()[Symbol.dispose]();
    expect(process.listeners('unhandledRejection')).toEqual(before);
    expect(globalThis.setTimeout).toBe(original);
  });
});

describe('the owner of a timer', () => {
  it('is that of the nearest frame outside Node', () => {
    const frame = (file: string): string =>
      `Error\n    at fn (${file}:1:2)\n    at other (/a/packages/http/src/call.ts:3:4)`;
    expect(callerOf(frame('/a/packages/fetch/dist/release.js'))).toBe('packages/fetch/dist/release.js:1:2)');
    expect(callerOf(frame('/a/node_modules/got/index.js'))).toBeUndefined();
    expect(callerOf(frame('/a/packages/http/src/sleep.test.ts'))).toBeUndefined();
    expect(callerOf(frame('node:internal/timers'))).toBe('packages/http/src/call.ts:3:4)');
  });
});
