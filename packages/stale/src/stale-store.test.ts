import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { StaleStore } from './stale-store.ts';

const freshness = { ageMs: () => 0, staleMs: () => 0, maxStaleMs: 0 };
const entry = (url: string, bytes: number): Entry => {
  const slot = { url, partition: '', isShared: true, method: 'GET', form: 'plain', vary: [], variant: '' } as const;
  return { ...slot, order: 0, statusText: '', headers: [], body: new Uint8Array(bytes), freshness };
};

it('holds its bounds of number and bytes whatever is put in, and forgets no byte', () => {
  const step = fc.record({ url: fc.integer({ min: 0, max: 20 }), bytes: fc.nat(300), drop: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const store = new StaleStore({ maxEntries: 5, maxBytes: 600, maxEntryBytes: 250 });
      for (const { url, bytes, drop } of steps) {
        if (drop) store.dropUrl(`${url}`);
        else store.put(entry(`${url}`, bytes));
        expect(store.size).toBeLessThanOrEqual(5);
        expect(store.bytes).toBeLessThanOrEqual(600);
      }
      for (const { url } of steps) store.dropUrl(`${url}`);
      expect([store.size, store.bytes]).toEqual([0, 0]);
    }),
  );
});

it('lets the least recently used go first', () => {
  const store = new StaleStore({ maxEntries: 2, maxBytes: 600, maxEntryBytes: 250 });
  const [a, b, c] = [entry('a', 1), entry('b', 1), entry('c', 1)];
  store.put(a);
  store.put(b);
  store.touch(a);
  store.put(c);
  expect([store.of('a', ''), store.of('b', ''), store.of('c', '')]).toEqual([[a], [], [c]]);
});
