/** E: a registry with more hosts than it may keep. */

import { REGISTRY_DEFAULTS } from '@cutout/core';
import { inChild } from '../child.ts';
import { WEIGHING } from '../jobs/retained.ts';
import { certain, type Section } from '../section.ts';
import { ns, table, whole } from '../table.ts';

/** The allowed difference of the last measurement from the first. A registry that lost its breakers would use less. */
const GROWTH = 0.1;

export const registrySection: Section = async ({ keys }) => {
  const { bytes, held, newNs, knownNs } = await inChild('manyKeys', { after: keys }, WEIGHING);
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

${table(['hosts', 'kB held', `bytes for each of ${whole(held)} keys`], lines)}`,
    kept: [
      certain(
        `registry: weighs the same after ${whole(keys.at(-1) as number)} hosts as after ${whole(keys[0] as number)}, give or take ${per(GROWTH)}`,
        Math.abs(growth) <= GROWTH,
        `${growth < 0 ? '-' : '+'}${per(Math.abs(growth))}`,
      ),
      certain(`registry: holds at most ${maxKeys} keys`, held <= REGISTRY_DEFAULTS.maxKeys, `${whole(held)} keys`),
    ],
  };
};
