/**
 * Which fallbacks the present call is made by. Known through an async context where the platform has one, begun only
 * when a fallback first runs; elsewhere for as long as the fallback runs without a pause.
 */

export interface RunningFallback {
  readonly policy: object;
  readonly key: string;
  /** The fallback that made the call which this one answers. */
  readonly outer: RunningFallback | undefined;
}

interface Storage {
  run<T>(fallback: RunningFallback, body: () => T): T;
  getStore(): RunningFallback | undefined;
}

/** Runs something in the context in which it was made itself. */
type Within = <T>(body: () => T) => T;

interface AsyncHooks {
  readonly AsyncLocalStorage: { new (): Storage; snapshot?(): Within };
}

interface Platform {
  readonly process?: { getBuiltinModule?(name: 'node:async_hooks'): AsyncHooks | undefined };
}

let storage: Storage | undefined;

export function runningFallbacks(): RunningFallback | undefined {
  return storage?.getStore();
}

export function runAsFallback<T>(fallback: RunningFallback, body: () => T): T {
  storage ??= newStorage();
  return storage.run(fallback, body);
}

/** The present context of all async storages, the user's own too; what is present, where the platform has none. */
export function callerContext(): Within {
  return asyncHooks()?.AsyncLocalStorage.snapshot?.() ?? (body => body());
}

function newStorage(): Storage {
  const hooks = asyncHooks();
  return hooks ? new hooks.AsyncLocalStorage() : new StepStorage();
}

function asyncHooks(): AsyncHooks | undefined {
  return (globalThis as unknown as Platform).process?.getBuiltinModule?.('node:async_hooks');
}

class StepStorage implements Storage {
  #present: RunningFallback | undefined;

  run<T>(fallback: RunningFallback, body: () => T): T {
    const before = this.#present;
    this.#present = fallback;
    try {
      return body();
    } finally {
      this.#present = before;
    }
  }

  getStore(): RunningFallback | undefined {
    return this.#present;
  }
}
