/** What is compared: a kind of circuit of one library, used as its documentation shows. Each runs in a process of its own. */

export interface Subject<B = unknown> {
  /** A breaker with options and names of its own, except for the key, which all share. */
  create(): B;
  /** So many calls of {@link answer}, each awaited before the next. The loop is the library's own, so that no other warms it. */
  call(breaker: B, calls: number): Promise<void>;
  /** Lets go of timers, where there are any. */
  dispose?(breaker: B): void;
}

/** A circuit that is open for longer than any measurement. */
export interface Refuser {
  /** So many calls that are refused, each one's refusal looked at before the next. */
  refused(calls: number): Promise<void>;
}

/** No time is measured against these. */
export const HOUR_MS = 3_600_000;

/** The call that everything guards: it resolves at once. */
export async function answer(): Promise<number> {
  return 42;
}

export async function callBare(calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await answer();
}

/** What a refusal costs at the least: a new error, thrown and caught. */
export async function refuseBare(calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) await refuse().catch(noted);
}

async function refuse(): Promise<never> {
  throw new Error('open');
}

let refusals = 0;

/** Takes note of a refusal, so that none can be left out as unused. */
export function noted(error: unknown): void {
  if (!(error instanceof Error)) throw new TypeError(`a refusal must be an error, got ${String(error)}`);
  refusals += 1;
}

/** Fails unless just so many refusals have been noted: a subject that let calls through would look fast. */
export function expectNoted(count: number): void {
  if (refusals !== count) throw new RangeError(`${count} refusals were due, got ${refusals}`);
}

export async function fail(): Promise<never> {
  throw new Error('down');
}
