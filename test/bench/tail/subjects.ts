/** The subjects: each sends the same GET, to an origin of its own. */

import { createFetch, type FetchOptions } from '@cutout/fetch';
import { hedge as byOptions } from '@cutout/http';
import { breakerInterceptor } from '@cutout/undici';
import { Agent, request } from 'undici';
import { hedgeByHand } from './hedge-by-hand.ts';

/** Resolves once the body is read. */
type Send = () => Promise<unknown>;

export interface Subject {
  readonly name: string;
  /** The row with the same settings without hedging; undefined for one that does not hedge. */
  readonly hedgesLike: string | undefined;
  /** Hedged by a percentile: the promises apply to these. */
  readonly byPercentile: boolean;
  make(origin: string): Send;
}

/** Tuned by hand to this server. */
export const FIXED_MS = 20;
const PERCENTILE = { percentile: 0.95 } as const;

type Hedge = { readonly delayMs: number } | { readonly percentile: number };

const byFetch =
  (hedge?: Hedge) =>
  (origin: string): Send => {
    const fetch = createFetch(hedge ? ({ hedge: byOptions(hedge) } satisfies FetchOptions) : {});
    return async () => (await fetch(origin)).text();
  };

const byUndici =
  (hedge?: Hedge) =>
  (origin: string): Send => {
    const dispatcher = new Agent().compose(breakerInterceptor(hedge ? { hedge: byOptions(hedge) } : {}) as never);
    return async () => (await request(origin, { dispatcher })).body.text();
  };

export const SUBJECTS: readonly Subject[] = [
  plain('bare fetch', origin => async () => (await fetch(origin)).text()),
  hedged('fetch, hedged by hand', 'bare fetch', origin => () => hedgeByHand(origin, FIXED_MS)),
  plain('cutout fetch', byFetch()),
  hedged(`cutout fetch, delayMs ${FIXED_MS}`, 'cutout fetch', byFetch({ delayMs: FIXED_MS })),
  { ...hedged('cutout fetch, percentile 0.95', 'cutout fetch', byFetch(PERCENTILE)), byPercentile: true },
  plain('cutout undici', byUndici()),
  { ...hedged('cutout undici, percentile 0.95', 'cutout undici', byUndici(PERCENTILE)), byPercentile: true },
];

function plain(name: string, make: Subject['make']): Subject {
  return { name, hedgesLike: undefined, byPercentile: false, make };
}

function hedged(name: string, hedgesLike: string, make: Subject['make']): Subject {
  return { name, hedgesLike, byPercentile: false, make };
}
