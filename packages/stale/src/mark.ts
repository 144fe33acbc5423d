/** Marks an answer as stale: `Age` (RFC 9111 section 5.1) and `Cache-Status` (RFC 9211). */

import type { HeaderPairs } from '@cutout/http';

/** Meant for one connection (RFC 9110 section 7.6.1). */
const HOP_BY_HOP =
  /^(connection|keep-alive|proxy-connection|proxy-authenticate|proxy-authentication-info|te|trailer|transfer-encoding|upgrade)$/i;

export function mark(headers: HeaderPairs, ageMs: number, reason: string): [string, string][] {
  const kept = headers.filter(([name]) => !HOP_BY_HOP.test(name) && !/^(age|cache-status)$/i.test(name));
  // Caches nearer to the origin come first.
  const before = headers.filter(([name]) => /^cache-status$/i.test(name)).map(([, value]) => value);
  return [
    ...kept.map(([name, value]): [string, string] => [name, value]),
    ['age', String(Math.floor(ageMs / 1_000))],
    ['cache-status', [...before, `cutout; hit; fwd=stale; detail=${item(reason)}`].join(', ')],
  ];
}

/** The code of an error, or the status of a response. Nothing else of either may reach a header. */
export function reasonOf(failure: unknown, status: number | undefined): string {
  if (status !== undefined) return String(status);
  const { code, cause, name } = (failure ?? {}) as { code?: unknown; cause?: { code?: unknown }; name?: unknown };
  const found = [code, cause?.code, name].find(each => typeof each === 'string' && TOKEN.test(each));
  return typeof found === 'string' ? found : 'Error';
}

const TOKEN = /^[A-Za-z][\w.-]{0,63}$/;

/** A token of RFC 8941 begins with a letter; a status goes as a string. */
function item(reason: string): string {
  return TOKEN.test(reason) ? reason : `"${reason}"`;
}
