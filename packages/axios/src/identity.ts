/** What tells the callers of an axios instance apart beside the headers, and what leads them to different servers. */

import type { InternalAxiosRequestConfig } from 'axios';

interface Options {
  readonly httpAgent?: unknown;
  readonly httpsAgent?: unknown;
  readonly transport?: unknown;
  readonly lookup?: unknown;
  readonly fetchOptions?: { readonly dispatcher?: unknown };
}

/** Axios makes a header of `auth` only as it sends. An agent may have a certificate, or lead through a proxy. */
export function identityOf(config: InternalAxiosRequestConfig, socketPath: string | undefined): string | undefined {
  const { auth, proxy } = config;
  const { httpAgent, httpsAgent, transport, lookup, fetchOptions } = config as Options;
  const own = [
    auth,
    proxy,
    socketPath,
    ...[httpAgent, httpsAgent].map(partOfAgent),
    ...[transport, lookup, fetchOptions?.dispatcher].map(markOf),
  ];
  const isPlain = own.every(each => each === undefined || each === null || each === false);
  return isPlain ? undefined : JSON.stringify(own);
}

/** A plain agent is what its options say; any other may do what it likes. */
function partOfAgent(agent: unknown): unknown {
  const { options } = (agent ?? {}) as { readonly options?: Record<string, unknown> };
  if ((agent as object | undefined)?.constructor?.name !== 'Agent') return markOf(agent);
  const { cert, key, pfx, localAddress, lookup } = options ?? {};
  const parts = [cert, key, pfx, localAddress, markOf(lookup)];
  return parts.some(each => each !== undefined && each !== null) ? parts : undefined;
}

const marks = new WeakMap<object, string>();

/** Of no other object, in no other process: what is kept may be shared among processes. */
function markOf(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const mark = marks.get(value) ?? crypto.randomUUID();
  marks.set(value, mark);
  return mark;
}
