/** Which breaker a request belongs to. */

import { show } from '@cutout/core/internal';
import type { HttpRequest } from './request.ts';

/** How requests are grouped: by scheme, host and port; by host and port; or by a function of the request. */
export type KeyOption = 'origin' | 'host' | ((request: HttpRequest) => string);

const GUARDED = /^(https?|wss?):$/;

/**
 * The key of a request: its origin as the URL standard prints it, without a trailing dot. Undefined for what no breaker
 * can stand before: a URL that does not parse, or a scheme that is not HTTP.
 *
 * @throws TypeError when a key function returns anything but a non-empty string.
 */
export function keyOf(option: KeyOption, request: HttpRequest): string | undefined {
  const url = URL.parse(request.url);
  if (!url || !GUARDED.test(url.protocol)) return undefined;
  if (typeof option === 'function') return ownKey(option, request);
  const host = hostOf(url);
  return option === 'host' ? host : `${url.protocol}//${host}`;
}

/** What `policy.breaker()` accepts: a URL is reduced to its key, anything else is a key. */
export function keyOfText(option: KeyOption, urlOrKey: string): string {
  const url = URL.parse(urlOrKey);
  if (typeof option === 'function' || !url || !GUARDED.test(url.protocol)) return urlOrKey;
  return option === 'host' ? hostOf(url) : `${url.protocol}//${hostOf(url)}`;
}

function hostOf(url: URL): string {
  let end = url.hostname.length;
  while (url.hostname[end - 1] === '.') end -= 1;
  const name = url.hostname.slice(0, end);
  return url.port ? `${name}:${url.port}` : name;
}

function ownKey(option: (request: HttpRequest) => string, request: HttpRequest): string {
  const key = option(request);
  if (typeof key === 'string' && key !== '') return key;
  throw new TypeError(`key must return a non-empty string, got ${show(key)}`);
}
