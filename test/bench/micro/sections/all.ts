/** The sections by their letters, in the order of the table. */

import type { Section } from '../section.ts';
import { adaptersSection } from './adapters.ts';
import { attachedSection } from './attached.ts';
import { closedSection } from './closed.ts';
import { idleSection } from './idle.ts';
import { importsSection } from './imports.ts';
import { loopbackSection } from './loopback.ts';
import { refusedSection } from './refused.ts';
import { registrySection } from './registry.ts';
import { weightSection } from './weight.ts';

export const SECTIONS = {
  A: closedSection,
  B: refusedSection,
  C: weightSection,
  D: idleSection,
  E: registrySection,
  F: adaptersSection,
  G: loopbackSection,
  H: attachedSection,
  I: importsSection,
} as const satisfies Record<string, Section>;

export type Letter = keyof typeof SECTIONS;
