/** One answer as it is kept. */

import type { Freshness } from './rules.ts';

export type StoredHeaders = readonly (readonly [name: string, value: string])[];

/** Where an answer belongs. */
export interface Slot {
  /** Without its fragment. */
  readonly url: string;
  readonly partition: string;
  readonly method: 'GET' | 'HEAD';
  /** The request headers that chose it, and the digest of their values. */
  readonly vary: readonly string[];
  readonly variant: string;
}

export interface Entry extends Slot {
  readonly statusText: string;
  readonly headers: StoredHeaders;
  /** Never handed out: callers get copies. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly freshness: Freshness;
}

/** UTF-16 takes two bytes for a character at most. */
export function sizeOf({ url, partition, variant, vary, headers, body }: Omit<Entry, 'freshness'>): number {
  const texts = [url, partition, variant, ...vary, ...headers.flat()];
  return body.byteLength + texts.reduce((sum, text) => sum + 2 * text.length, 0);
}
