/** Names of callers and variants, which do not tell the secrets that they are made of. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { HeaderReader, HttpRequest } from '../request.ts';

/** `Host` chooses among the sites of one address (RFC 9110 section 7.2). */
const CREDENTIALS = ['authorization', 'cookie', 'host'];

/** The partition of a request: empty without credentials. */
export function partitionOf({ headers, identity }: Pick<HttpRequest, 'headers' | 'identity'>): string {
  const isAnyone = identity === undefined && CREDENTIALS.every(name => headers.get(name) === null);
  return isAnyone ? '' : digest(headers, CREDENTIALS, identity);
}

/** The SHA-256 of the values that a request has for these headers, and of which it has none. */
export function digest(headers: HeaderReader, names: readonly string[], identity?: string): string {
  return hashOf(JSON.stringify([identity, ...names.map(name => [name, headers.get(name)])]));
}

/** At once, for doors that must not wait: the platform's own hash makes one wait, and is missing on plain pages. */
function hashOf(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
