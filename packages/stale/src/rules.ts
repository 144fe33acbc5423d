/** Which requests and answers may have to do with stale answers: RFC 9111, RFC 5861. */

import type { HeaderPairs, HttpRequest } from '@cutout/http';
import CachePolicy from 'http-cache-semantics';
import { directivesOf, msOf } from './directives.ts';

/** Of requests for a part, or under a condition that only the host can check: their answers suit no other request. */
const PARTIAL = ['range', 'if-range', 'if-match', 'if-unmodified-since'];

/** Whether a request may fill the store. */
export function mayFill({ method, headers, hasBody }: HttpRequest): boolean {
  if (hasBody || !/^(GET|HEAD)$/i.test(method) || PARTIAL.some(name => headers.get(name) !== null)) return false;
  return !directivesOf(headers.get('cache-control')).has('no-store');
}

/** Whether a request may be answered from the store. `only-if-cached` is no obstacle. */
export function mayUse(request: HttpRequest): boolean {
  if (!mayFill(request)) return false;
  const control = request.headers.get('cache-control');
  // Pragma counts where there is no Cache-Control (RFC 9111 section 5.4).
  return !directivesOf(control ?? request.headers.get('pragma')).has('no-cache');
}

const FORBIDDING = ['no-store', 'no-cache', 'must-revalidate', 'proxy-revalidate'];

/** How long an answer is good for. */
export interface Freshness {
  /** Milliseconds since the origin made it. */
  ageMs(): number;
  /** Milliseconds since it ceased to be fresh; negative while it is. */
  staleMs(): number;
  /** What the server permits of that. */
  readonly maxStaleMs: number;
}

/** How an answer is kept. */
export interface Keeper {
  /** Milliseconds of the clock that ages follow. */
  now(): number;
  /** Whether callers without a credential share its partition: then the rules for a shared cache hold. */
  readonly isShared: boolean;
}

/** The freshness of an answer that may be kept; undefined for one that may not. */
export function freshnessOf(
  headers: HeaderPairs,
  status: number | undefined,
  { now, isShared }: Keeper,
): Freshness | undefined {
  if (status !== 200) return undefined;
  const fields = fieldsOf(headers);
  const control = directivesOf(fields['cache-control'] ?? fields['pragma']);
  if (fields['set-cookie'] !== undefined || FORBIDDING.some(name => control.has(name))) return undefined;
  // One caller's, in whatever form (RFC 9111 section 5.2.2.7).
  if (isShared && control.has('private')) return undefined;
  // Which a shared cache must not serve stale (RFC 9111 section 5.2.2.10), unless the server permits just that.
  if (isShared && control.has('s-maxage') && !control.has('stale-if-error')) return undefined;
  // Vary is ours to match, by digests: the library would keep the request's own values.
  const { vary, ...others } = fields;
  const settings = { shared: isShared, ...NOTHING_GUESSED };
  const policy = new CachePolicy({ url: '/', method: 'GET', headers: {} }, { status, headers: others }, settings);
  if (vary?.includes('*') || !policy.storable()) return undefined;
  const [agedMs, keptAt, maxAgeMs] = [policy.age() * 1_000, now(), policy.maxAge() * 1_000];
  const ageMs = (): number => Math.max(0, agedMs + now() - keptAt);
  return {
    ageMs,
    staleMs: () => ageMs() - maxAgeMs,
    maxStaleMs: msOf(control, 'stale-if-error') ?? Number.POSITIVE_INFINITY,
  };
}

/** Nothing is guessed to be fresh. */
const NOTHING_GUESSED = { cacheHeuristic: 0, immutableMinTimeToLive: 0 };

/** Whether an answer is still within the limits of age that the answer and the request set. */
export function isRecentEnough(freshness: Freshness, { headers }: HttpRequest, maxStaleMs: number): boolean {
  const wanted = directivesOf(headers.get('cache-control'));
  const staleMs = freshness.staleMs();
  const maxAgeMs = msOf(wanted, 'max-age');
  const minFreshMs = msOf(wanted, 'min-fresh');
  if (maxAgeMs !== undefined && freshness.ageMs() > maxAgeMs) return false;
  if (minFreshMs !== undefined && -staleMs < minFreshMs) return false;
  return staleMs <= Math.min(maxStaleMs, freshness.maxStaleMs, msOf(wanted, 'stale-if-error') ?? maxStaleMs);
}

/** The headers that choose among answers of one URL. Credentials have chosen already. */
export function varyOf(headers: HeaderPairs): readonly string[] {
  const names = (fieldsOf(headers)['vary'] ?? '').toLowerCase().split(',');
  return [...new Set(names.map(name => name.trim()).filter(name => name !== ''))].sort();
}

function fieldsOf(headers: HeaderPairs): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    fields[key] = fields[key] === undefined ? value : `${fields[key]}, ${value}`;
  }
  return fields;
}
