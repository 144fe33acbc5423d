/** The origin of a URL, worked out once for each. */

import { parseUrl } from './parse-url.ts';

const GUARDED = /^(https?|wss?):$/;
/** The beginning of a URL whose origin depends on nothing that follows: no user, no escape, nothing to normalize. */
const PLAIN = /^(?:https?|wss?):\/\/[a-z0-9.-]+(?::\d+)?(?=[/?#]|$)/;
/** Users can invent hosts without end: at this number of origins the cache starts anew. */
const MAX_KNOWN = 1_000;

export interface Origin {
  /** Without a trailing dot, as the URL standard prints it. */
  readonly origin: string;
  /** Host and port. */
  readonly host: string;
}

let known = new Map<string, Origin | undefined>();

/** Undefined for a URL that no breaker can guard: it does not parse, or its scheme is not HTTP. */
export function originOf(url: string): Origin | undefined {
  // A call looks its own URL up several times.
  if (url === lastUrl) return lastOrigin;
  lastUrl = url;
  // What is known is plain, and if a slash follows it or nothing, then PLAIN would find just that.
  lastOrigin = known.get(upToPath(url)) ?? find(url);
  return lastOrigin;
}

let lastUrl: string | undefined;
let lastOrigin: Origin | undefined;

/** Up to the first slash past the longest scheme, or all of it. */
function upToPath(url: string): string {
  const end = url.indexOf('/', 'https://'.length);
  return end < 0 ? url : url.slice(0, end);
}

function find(url: string): Origin | undefined {
  const prefix = PLAIN.exec(url)?.[0];
  if (prefix === undefined) return parse(url);
  if (known.has(prefix)) return known.get(prefix);
  if (known.size >= MAX_KNOWN) known = new Map();
  const origin = parse(prefix);
  known.set(prefix, origin);
  return origin;
}

function parse(text: string): Origin | undefined {
  const url = parseUrl(text);
  if (!url || !GUARDED.test(url.protocol)) return undefined;
  const host = hostOf(url);
  return { origin: `${url.protocol}//${host}`, host };
}

function hostOf(url: URL): string {
  let end = url.hostname.length;
  while (url.hostname[end - 1] === '.') end -= 1;
  const name = url.hostname.slice(0, end);
  return url.port ? `${name}:${url.port}` : name;
}
