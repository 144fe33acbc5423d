/** What one healthy call runs through: functions, files and clock reads of our packages, and promises beyond the client's. */

import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';
import { answerParent } from '../../bench/process.ts';
import { sourceAt } from '../../bench/source-at.ts';
import { STUBBED, type StubbedName } from '../../bench/stubbed/all.ts';
import { type Send, TIME_LIMIT } from '../../bench/stubbed/stubbed.ts';

export interface CallsInput {
  readonly client: StubbedName;
  /** Whether each call has a time limit. */
  readonly limited: boolean;
}

interface CountedFunction {
  /** The source, relative to the root. */
  readonly file: string;
  readonly name: string;
  /** Entries: V8 counts the return to an async function after an `await` as one more. */
  readonly calls: number;
}

interface Entered {
  readonly functions: readonly CountedFunction[];
  readonly clockReads: number;
}

export interface Calls extends Entered {
  /** Beyond those of the bare client. */
  readonly promises: number;
}

const WARM_UP = 30;
const CALLS = 10;
const PACKAGES = new URL('../../../packages/', import.meta.url).href;

const isOurs = (url: string): boolean => url.startsWith(PACKAGES) && !url.includes('/node_modules/');

const STEP_MS = 10;

let clockReads = 0;
let passedMs = 0;

/**
 * Time stands still during a call, since a path may depend on whether a millisecond has passed. Called before any of our
 * modules is loaded: one may keep the function.
 */
function holdClock(owner: { now(): number }): void {
  const startedAt = owner.now();
  owner.now = () => {
    // The first frame is this function's own.
    if (isOurs(getCallSites(2)[1]?.scriptName ?? '')) clockReads += 1;
    return startedAt + passedMs;
  };
}

await answerParent(async ({ client, limited }: CallsInput): Promise<Calls> => {
  holdClock(performance);
  holdClock(Date);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const { bare, guarded } = (await STUBBED[client]())(limited ? TIME_LIMIT : {});
  await repeat(guarded, WARM_UP);
  await repeat(bare, WARM_UP);

  const seen: Entered[] = [];
  for (let call = 0; call < CALLS; call++) {
    await session.post('Profiler.takePreciseCoverage');
    clockReads = 0;
    await repeat(guarded, 1);
    const { result } = await session.post('Profiler.takePreciseCoverage');
    seen.push({ functions: result.filter(({ url }) => isOurs(url)).flatMap(functionsOf), clockReads });
  }
  await session.post('Profiler.stopPreciseCoverage');
  return {
    ...ordinary(seen),
    promises: ((await promisesOf(guarded)) - (await promisesOf(bare))) / CALLS,
  };
});

/** The call in the middle: a rare one also runs what is due only now and then. */
function ordinary(seen: readonly Entered[]): Entered {
  const sorted = seen.toSorted((a, b) => totalOf(a) - totalOf(b));
  return sorted[Math.floor(sorted.length / 2)] as Entered;
}

function totalOf({ functions }: Entered): number {
  return functions.reduce((sum, { calls }) => sum + calls, 0);
}

/** Each call ends before the next, with all that it left to the event loop. */
async function repeat(send: Send, calls: number): Promise<void> {
  for (let i = 0; i < calls; i++) {
    passedMs += STEP_MS;
    await send();
    await turn();
  }
}

function functionsOf({ url, functions }: Profiler.ScriptCoverage): CountedFunction[] {
  const fileAt = sourceFiles(fileURLToPath(url));
  return functions
    .map(({ functionName: name, ranges: [whole] }) => ({ name, at: whole?.startOffset ?? 0, count: whole?.count ?? 0 }))
    .filter(({ count }) => count > 0)
    .map(({ name, at, count }) => ({ file: fileAt(at), name, calls: count }));
}

/** By source, also where several sources were bundled into one file. */
function sourceFiles(path: string): (offset: number) => string {
  const text = readFileSync(path, 'utf8');
  return offset => {
    const before = text.slice(0, offset).split('\n');
    return sourceAt(path, before.length - 1, before.at(-1)?.length ?? 0);
  };
}

async function promisesOf(send: Send): Promise<number> {
  let made = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') made += 1;
    },
  });
  hook.enable();
  await repeat(send, CALLS);
  hook.disable();
  return made;
}
