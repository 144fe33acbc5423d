/** Which breaker a request belongs to. */

import { show } from '@cutout/core/internal';
import type { HttpRequest } from '../outcome/request.ts';
import { requireSync } from '../outcome/sync-hook.ts';
import { originOf } from './origin.ts';
import { unixKey } from './unix-key.ts';

/** How requests are grouped: by scheme, host and port; by host and port; or by a function of the request. */
export type KeyOption = 'origin' | 'host' | ((request: HttpRequest) => string);

/**
 * The key of a request: its origin as the URL standard prints it, without a trailing dot, or the unix socket that is
 * dialled in its place. Undefined for what no breaker can guard: a URL that does not parse, or a scheme that is not HTTP.
 *
 * @throws TypeError when a key function returns anything but a non-empty string; whatever it throws.
 */
export function keyOf(option: KeyOption, request: HttpRequest): string | undefined {
  const found = originOf(request.origin ?? request.url);
  if (!found) return undefined;
  if (typeof option === 'function') return ownKey(option, request);
  if (request.socketPath !== undefined) return unixKey(found.origin, request.socketPath);
  return option === 'host' ? found.host : found.origin;
}

function ownKey(option: (request: HttpRequest) => string, request: HttpRequest): string {
  const key = requireSync('key', option(request));
  if (typeof key === 'string' && key !== '') return key;
  throw new TypeError(`key must return a non-empty string, got ${show(key)}`);
}
