/** Runs many schedules of one seed, and shortens the first that breaks a property. */

import { inspect } from 'node:util';
import { Coverage } from './coverage.ts';
import { Draw } from './draw.ts';
import { PropertyError, playChecked } from './properties.ts';
import { checkRegistry, drawRegistrySchedule, type RegistrySchedule } from './registry.ts';
import { drawSchedule, type Schedule } from './schedule.ts';
import { fakeWall } from './stage.ts';
import { checkPlainCalls, checkVariations } from './variations.ts';

export interface Campaign {
  readonly seed: number;
  readonly schedules: number;
  readonly steps: number;
  readonly coverage: Coverage;
}

/** One schedule in this many tests a registry. */
const REGISTRY_EVERY = 5;

/** Plays the schedules `from` to `from + runs` of `seed`. @throws Error that says how to replay the failing one. */
export async function campaign(seed: number, from: number, runs: number, coverage = new Coverage()): Promise<Campaign> {
  using _ = fakeWall();
  let steps = 0;
  for (let i = from; i < from + runs; i++) {
    const drawn = i % REGISTRY_EVERY === 0 ? registry(seed, i) : breaker(seed, i);
    const failure = await drawn.fails(drawn.schedule.steps, coverage);
    if (failure) throw await shortest(seed, i, drawn, failure);
    steps += drawn.schedule.steps.length;
  }
  return { seed, schedules: runs, steps, coverage };
}

interface Drawn<S> {
  readonly schedule: { readonly steps: readonly S[] };
  /** The property that the schedule breaks with these steps instead of its own. */
  readonly fails: (steps: readonly S[], coverage: Coverage) => Promise<Error | undefined>;
}

function breaker(seed: number, stream: number): Drawn<unknown> {
  const schedule = drawSchedule(new Draw(seed, stream));
  return {
    schedule,
    fails: (steps, coverage) =>
      caught(async () => {
        const played = playChecked({ ...schedule, steps: steps as Schedule['steps'] }, coverage);
        checkVariations(played, coverage);
        await checkPlainCalls(played, coverage);
      }),
  };
}

function registry(seed: number, stream: number): Drawn<unknown> {
  const schedule = drawRegistrySchedule(new Draw(seed, stream));
  return {
    schedule,
    fails: (steps, coverage) =>
      caught(async () => checkRegistry({ ...schedule, steps: steps as RegistrySchedule['steps'] }, coverage)),
  };
}

async function caught(play: () => Promise<void>): Promise<Error | undefined> {
  try {
    await play();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Removes ever smaller pieces while the same property stays broken. */
async function shortest(seed: number, stream: number, drawn: Drawn<unknown>, failure: Error): Promise<Error> {
  let steps = [...drawn.schedule.steps];
  let last = failure;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < steps.length; ) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      const still = await drawn.fails(fewer, new Coverage());
      if (still && nameOf(still) === nameOf(failure)) [steps, last] = [fewer, still];
      else at += size;
    }
  }
  const shown = inspect({ ...drawn.schedule, steps }, { depth: 8, breakLength: 120 });
  const again = `npm run model -- --seed ${seed} --only ${stream}`;
  return new Error(`seed ${seed}, schedule ${stream} (${again})\n${last.message}\n${shown}`, { cause: last });
}

function nameOf(error: Error): string {
  return error instanceof PropertyError ? error.property : error.name;
}
