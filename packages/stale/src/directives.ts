/** Reads `Cache-Control` (RFC 9111 section 5.2). */

/** Names in small letters; the empty string where a directive has no value. */
export type Directives = ReadonlyMap<string, string>;

/** Quoted values may hold commas. */
const DIRECTIVE = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?/g;

export function directivesOf(header: string | null | undefined): Directives {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, plain] of (header ?? '').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted ?? plain ?? '');
  }
  return found;
}

/** Milliseconds of a directive in seconds; 0 for what is no number, which is the careful reading; undefined for none. */
export function msOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Number(value) * 1_000 : 0;
}
