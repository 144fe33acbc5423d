/** Every subject by its name in the tables. Libraries are loaded on demand. */

import type { Refuser, Subject } from './subject.ts';

export const SUBJECTS = {
  'by hand': async () => (await import('./by-hand.ts')).byHand,
  'by hand, timed': async () => (await import('./by-hand.ts')).byHandTimed,
  'cutout consecutive': async () => (await import('./cutout.ts')).consecutive,
  'cutout, made alone': async () => (await import('./cutout.ts')).alone,
  'cutout count window': async () => (await import('./cutout.ts')).countWindow,
  'cutout time window': async () => (await import('./cutout.ts')).timeWindow,
  'cockatiel consecutive': async () => (await import('./cockatiel.ts')).consecutive,
  'cockatiel count': async () => (await import('./cockatiel.ts')).count,
  'cockatiel sampling': async () => (await import('./cockatiel.ts')).sampling,
  'opossum, no timeout': async () => (await import('./opossum.ts')).untimed,
  opossum: async () => (await import('./opossum.ts')).byDefault,
} as const;

export const REFUSERS = {
  'cutout execute': async () => (await import('./cutout.ts')).refusingExecute(),
  'cutout tryAcquire': async () => (await import('./cutout.ts')).refusingTryAcquire(),
  cockatiel: async () => (await import('./cockatiel.ts')).refusing(),
  opossum: async () => (await import('./opossum.ts')).refusing(),
} as const;

export type SubjectName = keyof typeof SUBJECTS;
export type RefuserName = keyof typeof REFUSERS;

export async function subjectOf(name: SubjectName): Promise<Subject> {
  return (await SUBJECTS[name]()) as Subject;
}

export function refuserOf(name: RefuserName): Promise<Refuser> {
  return REFUSERS[name]();
}
