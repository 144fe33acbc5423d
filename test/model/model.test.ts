import { env } from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { Coverage, PLACES } from './coverage.ts';

/** `MODEL_SEED` plays another set of schedules, or replays a failed one; `npm run model` plays many more. */
const seed = Number(env['MODEL_SEED'] ?? 20_260_101);
const runs = Number(env['MODEL_RUNS'] ?? 12_000);
/** In parts, so a failure names its part and no part runs long. */
const PARTS = 4;

describe(`random schedules of seed ${seed}`, () => {
  const coverage = new Coverage();
  const each = Math.ceil(runs / PARTS);

  beforeAll(() => console.log(`model: MODEL_SEED=${seed} MODEL_RUNS=${runs}`));

  it.each(Array.from({ length: PARTS }, (_, i) => i * each))(
    'agree between the breaker and the naive model, from schedule %d on',
    async from => {
      const { schedules } = await campaign(seed, from, each, coverage);
      expect(schedules).toBe(each);
    },
    600_000,
  );

  // Fewer runs may miss a rare case by chance.
  it.skipIf(runs < 10_000)('reach every case', () => {
    expect(coverage.missing(PLACES)).toEqual([]);
  });
});
