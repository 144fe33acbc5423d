/** What can be read off the sources and the build without running them: bundle sizes, import cycles, function lengths. */

import { quantile } from '../bench/micro/statistics.ts';
import { bundledBytes } from './bundles.ts';
import { cyclesOf } from './cycles.ts';
import { packageNames, type SourceFile, type SourceFunction, sourcesOf } from './sources.ts';

/** The entry of each bundle: what a page of an ordinary user imports. */
const BUNDLES = {
  'core.size': `export { CircuitBreaker } from '@cutout/core'`,
  'http.size': `export * from '@cutout/http'`,
  'fetch.size': `export { createFetch } from '@cutout/fetch'`,
  'axios.size': `export { attachBreaker } from '@cutout/axios'`,
  'got.size': `export { breakerHooks } from '@cutout/got'`,
  'undici.size': `export { breakerInterceptor } from '@cutout/undici'`,
} as const;

/** For comparison; they do less. */
const PEERS = {
  'ky.size': `export { default } from 'ky'`,
  'cockatiel.size': `export { circuitBreaker, ConsecutiveBreaker, handleAll, retry, wrap } from 'cockatiel'`,
} as const;

type BundleId = keyof typeof BUNDLES | keyof typeof PEERS;
type SourceId = 'functions.p90' | 'functions.longest' | 'cycles.value' | 'cycles.type';

/** Bytes. */
export async function bundleSizes(): Promise<Record<BundleId, number>> {
  const sizes: Partial<Record<BundleId, number>> = {};
  for (const [id, entry] of Object.entries({ ...BUNDLES, ...PEERS })) sizes[id as BundleId] = await bundledBytes(entry);
  return sizes as Record<BundleId, number>;
}

export interface SourceFacts {
  readonly counts: Record<SourceId, number>;
  /** The longest first. */
  readonly functions: readonly SourceFunction[];
  /** Groups of files, types included. */
  readonly cycles: readonly (readonly string[])[];
}

export function sourceFacts(): SourceFacts {
  const packages = packageNames().map(sourcesOf);
  const functions = packages
    .flat()
    .flatMap(each => each.functions)
    .sort((a, b) => b.lines - a.lines);
  const lines = functions.map(each => each.lines);
  const cycles = packages.flatMap(files => cyclesOf(graphOf(files, true)));
  return {
    counts: {
      'functions.p90': quantile(lines, 0.9),
      'functions.longest': lines[0] as number,
      'cycles.value': packages.flatMap(files => cyclesOf(graphOf(files, false))).length,
      'cycles.type': cycles.length,
    },
    functions,
    cycles,
  };
}

function graphOf(files: readonly SourceFile[], types: boolean): Map<string, string[]> {
  const kept = ({ imports }: SourceFile): string[] =>
    imports.filter(({ typeOnly }) => types || !typeOnly).map(each => each.file);
  return new Map(files.map(each => [each.file, kept(each)]));
}
