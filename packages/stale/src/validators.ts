/** Compares the entity tags and dates of a kept answer: RFC 9110 section 13.1, RFC 9111 section 4.3. */

import type { HeaderPairs, HeaderReader } from '@cutout/http';

const TAG = /(?:W\/)?"[^"]*"/g;

/** Whether a caller already has what is kept: it is answered 304 then (RFC 9111 section 4.3.2). */
export function isNotModified(wanted: HeaderReader, kept: HeaderPairs): boolean {
  const tags = wanted.get('if-none-match');
  if (tags !== null) return tags.trim() === '*' || hasTag(tags, fieldOf(kept, 'etag'));
  const since = timeOf(wanted.get('if-modified-since'));
  const changed = timeOf(fieldOf(kept, 'last-modified') ?? fieldOf(kept, 'date'));
  return since !== undefined && changed !== undefined && changed <= since;
}

/** Whether a 304 is about what is kept (RFC 9111 section 4.3.4). One without a validator is about nothing certain. */
export function confirms(fresh: HeaderPairs, kept: HeaderPairs): boolean {
  const tag = fieldOf(fresh, 'etag');
  if (tag !== undefined) return hasTag(tag, fieldOf(kept, 'etag'));
  const changed = fieldOf(fresh, 'last-modified');
  return changed !== undefined && changed === fieldOf(kept, 'last-modified');
}

/** The headers of a kept answer after a 304, whose own replace them (RFC 9111 section 3.2). */
export function updatedBy(kept: HeaderPairs, fresh: HeaderPairs): HeaderPairs {
  const updates = fresh.filter(([name]) => !ABOUT_THE_BODY.test(name));
  const names = new Set(updates.map(([name]) => name.toLowerCase()));
  // Without an `Age` in the 304, the age begins anew.
  return [...kept.filter(([name]) => !names.has(name.toLowerCase()) && !/^age$/i.test(name)), ...updates];
}

/** What is kept agrees with these, however it was decoded. */
const ABOUT_THE_BODY = /^content-(encoding|length|type|range)$/i;

/** The headers of a 200 that a 304 repeats (RFC 9110 section 15.4.5). */
export function headersOfNotModified(kept: HeaderPairs): HeaderPairs {
  return kept.filter(([name]) => REPEATED.test(name));
}

const REPEATED = /^(cache-control|cache-status|content-location|date|etag|expires|last-modified|vary)$/i;

/** Weakly compared (RFC 9110 section 8.8.3.2). */
function hasTag(tags: string, tag: string | undefined): boolean {
  return tag !== undefined && (tags.match(TAG) ?? []).some(each => opaque(each) === opaque(tag));
}

function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}

function fieldOf(headers: HeaderPairs, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}

function timeOf(date: string | null | undefined): number | undefined {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? undefined : time;
}
