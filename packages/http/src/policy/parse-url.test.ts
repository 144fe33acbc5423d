import { afterEach, expect, it, vi } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { linkedSignal } from '../outcome/signals.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

/** What WebKit and the extended releases of Firefox have lacked. */
function lack(owner: object, name: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
  Object.defineProperty(owner, name, { ...descriptor, value: undefined });
  restore.push(() => Object.defineProperty(owner, name, descriptor));
}
const restore: (() => void)[] = [];
afterEach(() => {
  for (const each of restore.splice(0)) each();
});

it('a policy runs where the platform has neither URL.parse nor AbortSignal.any nor Promise.withResolvers', async () => {
  lack(URL, 'parse');
  lack(AbortSignal, 'any');
  lack(Promise, 'withResolvers');
  const { createHttpPolicy } = await import('./policy.ts');
  const policy = createHttpPolicy({ attemptTimeoutMs: 10_000, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) });
  const request = { method: 'GET', url: 'https://a.example/x', headers: new Headers(), replayable: true };
  const { signal } = new AbortController();
  const run = (): Promise<number> =>
    policy.run({ ...request, signal }, async () => ({ value: 200, outcome: { kind: 'status', status: 200 } }));
  expect(await Promise.all([run(), run()])).toEqual([200, 200]);
  expect(policy.guards({ ...request, url: 'no URL' })).toBe(false);
});

it('a signal is followed where the platform has no AbortSignal.any', () => {
  lack(AbortSignal, 'any');
  const controller = new AbortController();
  const { signal } = linkedSignal(controller.signal);
  controller.abort('enough');
  expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
});
