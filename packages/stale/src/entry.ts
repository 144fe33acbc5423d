/** One answer as it is kept. */

import type { BodyForm, HeaderPairs } from '@cutout/http';
import type { Freshness } from './rules.ts';

/** Where an answer belongs. Adapters keep the forms that they see, and none replaces another's. */
export interface Slot {
  /** Without its fragment. */
  readonly url: string;
  readonly partition: string;
  /** Whether callers without a credential share the partition. */
  readonly isShared: boolean;
  readonly method: 'GET' | 'HEAD';
  readonly form: BodyForm;
  /** The request headers that chose it, and the digest of their values. */
  readonly vary: readonly string[];
  readonly variant: string;
}

export interface Entry extends Slot {
  /** The number of its call: a later one has a larger. */
  readonly order: number;
  readonly statusText: string;
  readonly headers: HeaderPairs;
  /** Never handed out: callers get copies. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly freshness: Freshness;
}

/** UTF-16 takes two bytes for a character at most. */
export function sizeOf({ url, partition, variant, vary, headers, body }: Omit<Entry, 'freshness' | 'order'>): number {
  const texts = [url, partition, variant, ...vary, ...headers.flat()];
  return body.byteLength + texts.reduce((sum, text) => sum + 2 * text.length, 0);
}
