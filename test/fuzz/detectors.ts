/** Watches the process for leaks. Attributes each to the run whose async context it came from. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A fault of a run. `undefined`: no identifiable run. */
export interface Found {
  readonly run: number | undefined;
  readonly kind: string;
  readonly detail: string;
  /** The time, by `performance.now()`. */
  readonly at: number;
}

/** The files whose timers and listeners must not outlive a call. */
const OURS = /\/packages\/(?!testing\/)[a-z]+\/(?:src|dist)\/(?!.*\.test\.)/;
const HERE = /\/test\/fuzz\/detectors\.ts/;

const UNHANDLED = ['unhandledRejection', 'uncaughtException'] as const;
const CLEAR = ['clearTimeout', 'clearInterval'] as const;

type Make = (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => object;

interface Live {
  readonly run: number | undefined;
  readonly from: string;
}

export class Detectors {
  #found: Found[] = [];
  readonly #context = new AsyncLocalStorage<number>();
  readonly #timers = new Map<object, Live>();
  readonly #undo: (() => void)[] = [];

  constructor() {
    for (const event of UNHANDLED) this.#takeOver(event);
    this.#patch('setTimeout', true);
    this.#patch('setInterval', false);
    for (const name of CLEAR) this.#patchClear(name);
  }

  /** Runs something in a run's context. */
  within<T>(run: number, body: () => T): T {
    return this.#context.run(run, body);
  }

  /** The faults of a run since the last check; `undefined`: of any run. */
  take(run?: number): Found[] {
    const taken = this.#found.filter(each => run === undefined || each.run === run);
    this.#found = this.#found.filter(each => !taken.includes(each));
    return taken;
  }

  /** The origins of our pending timers of this run. */
  timers(run: number): string[] {
    return [...this.#timers.values()].filter(live => live.run === run).map(({ from }) => from);
  }

  /** The origins of our timers without a run. */
  get strayTimers(): string[] {
    return [...this.#timers.values()].filter(live => live.run === undefined).map(({ from }) => from);
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  /** A test runner's own listeners would fail its test for planted faults. */
  #takeOver(event: (typeof UNHANDLED)[number]): void {
    const before = process.listeners(event as 'uncaughtException');
    const listener = (reason: unknown): void => {
      const run = this.#context.getStore();
      this.#found.push({ run, kind: event, detail: shown(reason), at: performance.now() });
    };
    process.removeAllListeners(event);
    process.on(event, listener);
    this.#undo.push(() => {
      process.removeListener(event, listener);
      for (const each of before) process.on(event as 'uncaughtException', each);
    });
  }

  #patch(name: 'setTimeout' | 'setInterval', once: boolean): void {
    const original = globalThis[name] as unknown as Make;
    const patched: Make = (callback, ms, ...args) => {
      const from = callerOf(new Error().stack);
      if (!from) return original(callback, ms, ...args);
      const fire = (...given: unknown[]): void => {
        if (once) this.#timers.delete(timer);
        callback(...given);
      };
      const timer = original(fire, ms, ...args);
      this.#timers.set(timer, { run: this.#context.getStore(), from });
      return timer;
    };
    this.#replace(name, Object.assign(patched, original));
  }

  #patchClear(name: (typeof CLEAR)[number]): void {
    const original = globalThis[name];
    this.#replace(name, (timer?: NodeJS.Timeout) => {
      if (timer) this.#timers.delete(timer);
      original(timer);
    });
  }

  #replace(name: 'setTimeout' | 'setInterval' | (typeof CLEAR)[number], patched: unknown): void {
    const original = globalThis[name];
    Object.assign(globalThis, { [name]: patched });
    this.#undo.push(() => Object.assign(globalThis, { [name]: original }));
  }
}

/** The nearest frame, if it is ours. */
export function callerOf(stack = ''): string | undefined {
  const frame = stack
    .split('\n')
    .slice(1)
    .find(line => !HERE.test(line) && !line.includes('node:') && /[/\\]/.test(line));
  return frame && OURS.test(frame) ? frame.trim().replace(/^.*\/packages\//, 'packages/') : undefined;
}

/** Counts the listeners of our code on a caller's signal. */
export function watchListeners(signal: object): () => string[] {
  const live = new Map<unknown, string>();
  const target = signal as Record<string, unknown>;
  for (const name of ['addEventListener', 'on', 'addListener', 'once']) {
    wrap(target, name, (add, event, listener, options) => {
      const from = callerOf(new Error().stack);
      const added = add(event, listener, options);
      if (!from) return added;
      live.set(listener, from);
      // A `once` listener is removed when called.
      const isOnce = name === 'once' || (options as { once?: boolean } | undefined)?.once;
      if (isOnce) add(event, () => live.delete(listener), { once: true });
      return added;
    });
  }
  for (const name of ['removeEventListener', 'off', 'removeListener']) {
    wrap(target, name, (remove, event, listener, options) => {
      live.delete(listener);
      return remove(event, listener, options);
    });
  }
  return () => [...live.values()];
}

/** Collects garbage: only then listeners on foreign signals are released. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

type Listen = (event: unknown, listener: unknown, options?: unknown) => unknown;

function wrap(
  target: Record<string, unknown>,
  name: string,
  body: (original: Listen, ...args: Parameters<Listen>) => unknown,
): void {
  const original = target[name];
  if (typeof original !== 'function') return;
  const bound: Listen = (...args) => original.apply(target, args);
  define(target, name, (...args: Parameters<Listen>) => body(bound, ...args));
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}

/** Time in event loop beats: a suspended process causes no hang. */
export class Patience {
  readonly #left = new Set<{ beats: number; expire: () => void }>();
  readonly #heart: NodeJS.Timeout;
  static readonly #BEAT_MS = 20;

  constructor() {
    this.#heart = setInterval(() => this.#beat(), Patience.#BEAT_MS);
  }

  /** Whether `promise` settles within `ms`. */
  async settles(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const settled = promise.then(
      () => true,
      () => true,
    );
    return Promise.race([settled, this.#expiry(ms)]);
  }

  /** Polls until `isSo`, for at most `ms`. */
  async until(isSo: () => boolean, ms: number): Promise<boolean> {
    let over = false;
    void this.#expiry(ms).then(() => {
      over = true;
    });
    while (!isSo()) {
      if (over) return false;
      await new Promise(resolve => setTimeout(resolve, Patience.#BEAT_MS / 2));
    }
    return true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heart);
  }

  #expiry(ms: number): Promise<false> {
    return new Promise(resolve => {
      const waiting = { beats: Math.ceil(ms / Patience.#BEAT_MS), expire: () => resolve(false) };
      this.#left.add(waiting);
    });
  }

  #beat(): void {
    for (const waiting of this.#left) {
      waiting.beats -= 1;
      if (waiting.beats > 0) continue;
      this.#left.delete(waiting);
      waiting.expire();
    }
  }
}

function shown(reason: unknown): string {
  if (reason instanceof Error) return `${reason.stack?.split('\n').slice(0, 4).join(' | ') ?? reason}`;
  return String(reason);
}
