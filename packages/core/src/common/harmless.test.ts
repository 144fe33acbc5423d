import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Harmless } from './harmless.ts';

const unhandled = vi.fn();
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  process.on('unhandledRejection', unhandled);
});
afterEach(() => {
  process.off('unhandledRejection', unhandled);
  vi.restoreAllMocks();
  unhandled.mockClear();
});

const BAD: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
];

it.each(BAD)('reports a hook that %s once, and goes on', async (_, hook) => {
  const harmless = new Harmless('the hook failed');
  for (let i = 0; i < 3; i++) harmless.call(hook);
  for (let i = 0; i < 3; i++) expect(harmless.value(hook)).toBeUndefined();
  await turn();
  expect(console.error).toHaveBeenCalledTimes(1);
  expect(unhandled).not.toHaveBeenCalled();
});

it('takes no promise for a result, and waits for none', () => {
  const harmless = new Harmless('the hook failed');
  harmless.call(() => new Promise(() => undefined));
  expect(console.error).not.toHaveBeenCalled();
  expect(harmless.value(() => Promise.resolve(1))).toBeUndefined();
  expect(String(vi.mocked(console.error).mock.calls[0]?.[1])).toContain('must return its result at once');
});

it('hands on any other result', () => {
  const harmless = new Harmless('the hook failed');
  for (const value of [0, null, undefined, '', {}]) expect(harmless.value(() => value)).toBe(value);
});
