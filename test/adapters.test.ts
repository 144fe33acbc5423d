/** What all adapters have in common besides their behaviour on the wire. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';
import axios from 'axios';
import { afterEach, describe, expect, it } from 'vitest';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0)) each();
});

const adapters: Readonly<Record<string, (options?: never) => { policy: unknown }>> = {
  createFetch,
  attachBreaker: options => attachBreaker(axios.create(), options),
  breakerHooks,
  breakerInterceptor,
  installGlobalDispatcher: options => {
    const uninstall = installGlobalDispatcher(options);
    undo.push(uninstall);
    return uninstall;
  },
};

describe.each(Object.entries(adapters))('%s', (_name, adapter) => {
  const build = adapter as (options?: unknown) => { policy: unknown };

  it.each(Object.entries(adapters))('given the result of %s names it in the error', (name, other) => {
    const made = other();
    const message = `options must be a policy's or a policy, got what ${name} returned: pass its .policy`;
    expect(() => build(made)).toThrow(message);
    expect(build(made.policy).policy).toBe(made.policy);
  });

  it.each([
    [{ retry: 3 }, 'retry must be an object, got 3'],
    [{ breaker: { halfOpen: { maxCalls: 0 } } }, 'breaker.halfOpen.maxCalls must be'],
    [{ retires: false }, 'retires is not an option'],
    [null, 'got null'],
    [7, 'got 7'],
  ])('given %j names the path and the value', (options, message) => {
    expect(() => build(options)).toThrow(message);
  });
});

it('createFetch names the invalid fetch in the error', () => {
  expect(() => createFetch({ fetch: breakerInterceptor() as never })).toThrow(
    'fetch must be a fetch function, got what breakerInterceptor returned',
  );
});

it('attachBreaker names the invalid instance in the error', () => {
  expect(() => attachBreaker(createFetch() as never)).toThrow('instance must be axios or an instance of it');
});
