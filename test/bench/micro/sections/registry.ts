/** E: a registry with more hosts than it may keep. */

import { REGISTRY_DEFAULTS } from '@cutout/core';
import { inChild } from '../child.ts';
import { WEIGHING } from '../jobs/retained.ts';
import { certain, type Section, timed } from '../section.ts';
import { ns, table, whole } from '../table.ts';

/** The allowed difference of the last measurement from the first. A registry that lost its breakers would use less. */
const GROWTH = 0.1;

/** Distinct origins of the calls, each called in its turn. */
const ORIGINS = [1, 10_000, 100_000] as const;
/** Microseconds that a call may then cost at the most. */
const MOST_US = [0.8, 1.6, 5] as const;
/** In a round of fewer calls the first origins would still be known. */
const CALLS = 20_000;

export const registrySection: Section = async ({ keys, rounds }) => {
  const { bytes, held, newNs, knownNs } = await inChild('manyKeys', { after: keys }, WEIGHING);
  const costs: number[] = [];
  for (const origins of ORIGINS)
    costs.push((await inChild('origins', { origins, rounds: rounds / 2, calls: CALLS })).ownNs / 1_000);
  const first = bytes[0] as number;
  const last = bytes.at(-1) as number;
  const growth = last / first - 1;
  const per = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const lines = bytes.map((each, i) => [whole(keys[i] as number), whole(each / 1_000), whole(each / held)]);
  const maxKeys = whole(REGISTRY_DEFAULTS.maxKeys);
  return {
    title: 'E. A registry and a million hosts',
    text: `One call to each distinct host through one registry of at most ${maxKeys} keys: the memory that the registry then holds, keys included.
A \`get\` that creates a breaker and evicts another takes ${ns(newNs)} ns, one that finds its own ${ns(knownNs)} ns.

${table(['hosts', 'kB held', `bytes for each of ${whole(held)} keys`], lines)}

What the fetch adapter adds to a client that answers at once, by the number of origins that are called in turn:

${table(
  ['origins', 'us'],
  ORIGINS.map((count, i) => [whole(count), (costs[i] as number).toFixed(1)]),
)}`,
    kept: [
      ...ORIGINS.map((count, i) => {
        const us = costs[i] as number;
        const most = MOST_US[i] as number;
        const promise = `fetch: calls to ${count === 1 ? 'one origin' : `${whole(count)} origins in turn`} cost at most ${most} us`;
        return timed(promise, us <= most, `${us.toFixed(1)} us`);
      }),
      certain(
        `registry: weighs the same after ${whole(keys.at(-1) as number)} hosts as after ${whole(keys[0] as number)}, give or take ${per(GROWTH)}`,
        Math.abs(growth) <= GROWTH,
        `${growth < 0 ? '-' : '+'}${per(Math.abs(growth))}`,
      ),
      certain(`registry: holds at most ${maxKeys} keys`, held <= REGISTRY_DEFAULTS.maxKeys, `${whole(held)} keys`),
    ],
  };
};
