import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeDisposable } from './common/disposable.ts';

/** What Firefox ESR or WebKit lack, or had not long ago. */
const TOO_NEW =
  /\busing \w+ =|\bSymbol\.(asyncD|d)ispose\b(?!\]: \(\) => void)|\bwithResolvers\b|\bgroupBy\b|\bURL\.parse\b|\bAbortSignal\.any\b|\bPromise\.try\b|\bArray\.fromAsync\b|\bRegExp\.escape\b|\bIterator\.from\b/;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe('a platform without Symbol.dispose', () => {
  it('needs nothing that is too new', () => {
    const directory = new URL('.', import.meta.url);
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
      name => name.endsWith('.ts') && !name.includes('.test'),
    );
    const found = files.flatMap(name =>
      readFileSync(new URL(name, directory), 'utf8')
        .split('\n')
        .filter(line => !/^\s*(\*|\/\/|\/\*)/.test(line) && TOO_NEW.test(line))
        .map(line => `${name}: ${line.trim()}`),
    );
    expect(files.length).toBeGreaterThan(30);
    expect(found).toEqual([]);
  });

  it('has permits that come back on every way, without a method of that name', async () => {
    const own = Symbol;
    const known = Object.getOwnPropertyNames(own).filter(name => !/dispose|^(length|name|prototype)$/i.test(name));
    const entries = known.map(name => [name, Reflect.get(own, name)] as const);
    const without = Object.assign((description?: string) => own(description), Object.fromEntries(entries));
    vi.stubGlobal('Symbol', without);
    vi.resetModules();
    const { Bulkhead, CircuitBreaker } = await import('./index.ts');
    const breaker = new CircuitBreaker();
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    const down = (): never => {
      throw new Error('down');
    };
    expect(await breaker.execute(() => 1, {})).toBe(1);
    expect(await breaker.execute(() => 2, { signal: new AbortController().signal })).toBe(2);
    expect(await breaker.execute<number>(down, { fallback: () => 3 })).toBe(3);
    await expect(breaker.execute(() => 4, { classify: down })).rejects.toThrow('down');
    expect(await bulkhead.execute(() => 5)).toBe(5);
    await expect(bulkhead.execute(down)).rejects.toThrow('down');
    expect([breaker.metrics().inFlight, bulkhead.inFlight]).toEqual([0, 0]);
    const off = new CircuitBreaker({ mode: 'off' });
    for (const disposable of [breaker.acquire(), await bulkhead.acquire(), off.acquire()]) {
      expect('undefined' in disposable).toBe(false);
      expect(Object.getOwnPropertySymbols(Object.getPrototypeOf(disposable))).toEqual([]);
      expect(Object.getOwnPropertySymbols(disposable)).toEqual([]);
    }
  });
});

describe('makeDisposable', () => {
  it('adds a method like any other, where there is the symbol', () => {
    const symbol = Symbol('dispose');
    const given: unknown[] = [];
    const thing = {};
    makeDisposable(
      thing,
      function () {
        given.push(this);
      },
      symbol,
    );
    (thing as Record<symbol, () => void>)[symbol]?.();
    expect(given).toEqual([thing]);
    expect(Object.getOwnPropertyDescriptor(thing, symbol)).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    });
  });

  it('gives back a permit and a place that is disposed of', async () => {
    const { Bulkhead, CircuitBreaker } = await import('./index.ts');
    const breaker = new CircuitBreaker();
    const bulkhead = new Bulkhead({ maxConcurrent: 1 });
    breaker.acquire()[Symbol.dispose]();
    (await bulkhead.acquire())[Symbol.dispose]();
    expect([breaker.metrics().answers.ignore, bulkhead.inFlight]).toEqual([1, 0]);
    expect(() => new CircuitBreaker({ mode: 'off' }).acquire()[Symbol.dispose]()).not.toThrow();
  });
});
