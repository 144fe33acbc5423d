/** Names of callers and variants, which do not tell the secrets that they are made of. */

import type { HeaderReader, HttpRequest } from '../request.ts';
import { sha256 } from './sha256.ts';

/** `Host` chooses among the sites of one address (RFC 9110 section 7.2). */
const CREDENTIALS = ['authorization', 'cookie', 'host'];

interface Hash {
  update(text: string, encoding: 'utf8'): Hash;
  digest(encoding: 'hex'): string;
}

interface Platform {
  readonly process?: {
    getBuiltinModule?(name: 'node:crypto'): { createHash(name: 'sha256'): Hash } | undefined;
  };
}

/** The partition of a request: empty without credentials. */
export function partitionOf({ headers, identity }: Pick<HttpRequest, 'headers' | 'identity'>): string {
  const isAnyone = identity === undefined && CREDENTIALS.every(name => headers.get(name) === null);
  return isAnyone ? '' : digest(headers, CREDENTIALS, identity);
}

/** The SHA-256 of the values that a request has for these headers, and of which it has none. */
export function digest(headers: HeaderReader, names: readonly string[], identity?: string): string {
  return hashOf(JSON.stringify([identity, ...names.map(name => [name, headers.get(name)])]));
}

/** At once, for doors that must not wait: a browser's own hash makes one wait, and is missing on plain pages. */
function hashOf(text: string): string {
  const node = (globalThis as unknown as Platform).process?.getBuiltinModule?.('node:crypto');
  return node ? node.createHash('sha256').update(text, 'utf8').digest('hex') : sha256(text);
}
