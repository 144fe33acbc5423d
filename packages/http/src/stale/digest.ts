/** Names of callers and variants, which do not tell the secrets that they are made of. */

import type { HeaderReader } from '../request.ts';

const CREDENTIALS = ['authorization', 'cookie'];

/** The partition of a request: empty without credentials; undefined where the platform cannot hash, as on a plain page. */
export function partitionOf(headers: HeaderReader): Promise<string | undefined> | string {
  return CREDENTIALS.some(name => headers.get(name) !== null) ? digest(headers, CREDENTIALS) : '';
}

/** The SHA-256 of the values that a request has for these headers, and of which it has none. */
export async function digest(headers: HeaderReader, names: readonly string[]): Promise<string | undefined> {
  const { subtle } = crypto;
  if (!subtle) return undefined;
  const text = JSON.stringify(names.map(name => [name, headers.get(name)]));
  const hash = await subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
}
