/** Names of variants and partitions, which do not show the secrets that they are made of. */

import type { HeaderReader } from '@cutout/http';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The SHA-256 of the values that a request has for these headers, and of which it has none. `more`: what else counts. */
export function digest(
  headers: HeaderReader,
  names: readonly string[],
  more: readonly (string | undefined)[] = [],
): string {
  return hashOf(JSON.stringify([...more, ...names.map(name => [name, headers.get(name)])]));
}

/** Synchronous, for adapters that must not wait: the platform's own hash is asynchronous, and missing on plain pages. */
function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
