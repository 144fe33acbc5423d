/** One answer as it is kept. */

import type { Freshness } from './rules.ts';

export type StoredHeaders = readonly (readonly [name: string, value: string])[];

/**
 * How the bytes of a body stand: `encoded` as they came over the wire, under a `Content-Encoding`; `plain`, as the headers
 * say without one; `text`, what a client made of them, as UTF-8.
 */
export type BodyForm = 'encoded' | 'plain' | 'text';

/** Where an answer belongs. Doors keep the forms that they see, and none drives out another's. */
export interface Slot {
  /** Without its fragment. */
  readonly url: string;
  readonly partition: string;
  /** Whether callers who cannot be told apart share the partition. */
  readonly isShared: boolean;
  readonly method: 'GET' | 'HEAD';
  readonly form: BodyForm;
  /** The request headers that chose it, and the digest of their values. */
  readonly vary: readonly string[];
  readonly variant: string;
}

export interface Entry extends Slot {
  /** That of its call: a later one has a larger. */
  readonly order: number;
  readonly statusText: string;
  readonly headers: StoredHeaders;
  /** Never handed out: callers get copies. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly freshness: Freshness;
}

/** UTF-16 takes two bytes for a character at most. */
export function sizeOf({ url, partition, variant, vary, headers, body }: Omit<Entry, 'freshness' | 'order'>): number {
  const texts = [url, partition, variant, ...vary, ...headers.flat()];
  return body.byteLength + texts.reduce((sum, text) => sum + 2 * text.length, 0);
}
