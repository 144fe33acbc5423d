/**
 * Where adapters are stacked, one request is guarded once, by the outermost: a preload under `createFetch`, a guarded fetch
 * under axios. The adapter that runs a call says so in an async context, and an adapter that is asked inside it passes by. A call
 * to another origin inside it is another call, to a token service perhaps, or the next hop of a redirect: it is guarded,
 * and leaves all further attempts to the outer call.
 *
 * Such a context costs every promise of a process on Node 22 and does not exist in browsers, so it is there only where
 * something needs it. Elsewhere an inner adapter's last answers are remembered, so that at least no outer adapter repeats them.
 */

const SHARED = Symbol.for('cutout.call');
const MAX_DEPTH = 10;

/** Sockets and timers that were made inside a call outlive it, and keep this: so it says when the call is over. */
interface Call {
  running: boolean;
  /** Of the request that is sent; undefined for a call that is to pass by every circuit. */
  readonly origin: string | undefined;
}

interface Storage {
  run<T>(call: Call, body: () => T): T;
  getStore(): Call | undefined;
}

/** One for the process, whatever the number of copies of this package. */
interface Shared {
  storage?: Storage;
  /** Answers and errors after which an adapter has given up trying. */
  readonly given: WeakSet<object>;
}

interface Platform {
  [SHARED]?: Shared;
  readonly process?: {
    getBuiltinModule?(name: 'node:async_hooks'): { AsyncLocalStorage: new () => Storage } | undefined;
  };
}

const platform = globalThis as unknown as Platform;

/** From now on adapters see each other, where the platform has async contexts. */
export function enableNesting(): void {
  const shared = sharedState();
  if (shared.storage) return;
  const hooks = platform.process?.getBuiltinModule?.('node:async_hooks');
  if (hooks) shared.storage = new hooks.AsyncLocalStorage();
}

/** Whether another adapter has a request to this origin in its care. */
export function isGuardedBy(origin: string | undefined): boolean {
  const call = enclosing();
  return call !== undefined && (call.origin === undefined || call.origin === origin);
}

/** Whether this runs inside a call of another adapter, whatever its origin: retries inside would multiply that adapter's own. */
export function isNested(): boolean {
  return enclosing() !== undefined;
}

/** Runs `send` in the care of this adapter: the adapters inside pass by. Where `origin` is undefined, they do so for every origin. */
export function runAsOuter<T>(origin: string | undefined, send: () => Promise<T>): Promise<T> {
  const storage = platform[SHARED]?.storage;
  return storage ? runIn(storage, origin, send) : send();
}

async function runIn<T>(storage: Storage, origin: string | undefined, send: () => Promise<T>): Promise<T> {
  const call: Call = { running: true, origin };
  try {
    return await storage.run(call, send);
  } finally {
    call.running = false;
  }
}

function enclosing(): Call | undefined {
  const call = platform[SHARED]?.storage?.getStore();
  return call?.running ? call : undefined;
}

/** Remembers what an adapter gave out although another try was worth it. */
export function markExhausted(answer: unknown): void {
  if (typeof answer === 'object' && answer !== null) sharedState().given.add(answer);
}

/** Whether adapters see each other through an async context. */
export function isNestingSeen(): boolean {
  return platform[SHARED]?.storage !== undefined;
}

/** The same of a response, which has no causes. */
export function isResponseExhausted(response: unknown): boolean {
  const given = platform[SHARED]?.given;
  return given !== undefined && typeof response === 'object' && response !== null && given.has(response);
}

/** Whether an inner adapter has tried as often as it may, so that an outer one must not begin again. */
export function isExhausted(answer: unknown): boolean {
  const given = platform[SHARED]?.given;
  let each = answer;
  for (let depth = 0; depth < MAX_DEPTH && typeof each === 'object' && each !== null; depth++) {
    if (given?.has(each) || isOfRetryAgent(each)) return true;
    each = causeOf(each);
  }
  return false;
}

/** Of a RetryAgent of undici, or of its retry interceptor, after the last of its own attempts. */
function isOfRetryAgent(error: object): boolean {
  try {
    return (error as { code?: unknown }).code === 'UND_ERR_REQ_RETRY';
  } catch {
    return false;
  }
}

/** A cause that cannot be read is none: an error may be anything. */
function causeOf(error: object): unknown {
  try {
    return (error as { cause?: unknown }).cause;
  } catch {
    return undefined;
  }
}

function sharedState(): Shared {
  platform[SHARED] ??= { given: new WeakSet() };
  return platform[SHARED];
}
