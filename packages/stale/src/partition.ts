/** Whose answers a request may be answered with. */

import type { HttpRequest } from '@cutout/http';
import { digest } from './digest.ts';
import { mayIdentify } from './neutral-headers.ts';
import { viaOf } from './via.ts';

export interface Partition {
  /** Empty for requests without a credential, a `Host`, a socket and a proxy. */
  readonly name: string;
  /** Whether callers without a credential share it, as they share a proxy's cache. */
  readonly isShared: boolean;
  /** Headers of the request that may identify its sender, and that the name does not include; undefined: unknown. */
  readonly strangers: readonly string[] | undefined;
}

const CREDENTIALS = ['authorization', 'cookie'];

/** `identity`: further headers that identify the sender, in small letters. */
export function partitionOf(
  { headers, identity: own, socketPath, via: dialled }: HttpRequest,
  identity: readonly string[],
): Partition {
  const via = dialled && viaOf(dialled);
  const naming = [...CREDENTIALS, ...identity];
  const isShared = own === undefined && naming.every(name => headers.get(name) === null);
  // `Host` chooses among the sites of one address (RFC 9110 section 7.2).
  const isPlain = isShared && headers.get('host') === null && socketPath === undefined && via === undefined;
  const sent = headers.names && [...headers.names()].map(name => name.toLowerCase());
  return {
    name: isPlain ? '' : digest(headers, [...naming, 'host'], [own, socketPath, via]),
    isShared,
    strangers: sent?.filter(name => mayIdentify(name) && !naming.includes(name)),
  };
}

/** Whether partition and `vary` together cover every header that may identify the sender. */
export function isOwn({ strangers }: Partition, vary: readonly string[]): boolean {
  return strangers?.every(name => vary.includes(name)) ?? false;
}
