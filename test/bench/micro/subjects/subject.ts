/** A subject: one kind of circuit of one library, used as documented. Each runs in a separate process. */

export interface Subject<B = unknown> {
  /** A breaker with separate options and names, except for the shared key. */
  create(): B;
  /** Makes `count` calls of {@link answer}, each awaited before the next. Each library has its own loop, so no other warms it up. */
  call(breaker: B, calls: number): Promise<void>;
  /** Clears timers, if any. */
  dispose?(breaker: B): void;
}

/** Opens a circuit for longer than any measurement. */
export interface Refuser {
  /** Makes `count` refused calls, and checks each refusal before the next. */
  refused(calls: number): Promise<void>;
}

/** Not used for timings. */
export const HOUR_MS = 3_600_000;

/** The guarded call, which resolves at once. */
export async function answer(): Promise<number> {
  return 42;
}

export async function callBare(calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await answer();
}

/** The least cost of a refusal: a new error, thrown and caught. */
export async function refuseBare(calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await refuse().catch(noted);
}

async function refuse(): Promise<never> {
  throw new Error('open');
}

let refusals = 0;

/** Counts a refusal, so the compiler cannot drop it as unused. */
export function noted(error: unknown): void {
  if (!(error instanceof Error)) throw new TypeError(`a refusal must be an error, got ${String(error)}`);
  refusals += 1;
}

/** Fails unless exactly this many refusals were counted: a subject that admits calls would look fast. */
export function expectNoted(count: number): void {
  if (refusals !== count) throw new RangeError(`${count} refusals were due, got ${refusals}`);
}

export async function fail(): Promise<never> {
  throw new Error('down');
}
