/** Which of axios' own adapters a request goes through. */

import type { InternalAxiosRequestConfig } from 'axios';

export type TransportOption = InternalAxiosRequestConfig['adapter'];
export type TransportName = 'http' | 'xhr' | 'fetch' | 'custom';

interface Platform {
  readonly process?: unknown;
  readonly XMLHttpRequest?: unknown;
}

/** Axios takes the first of a list that the platform has. */
export function transportNameOf(adapter: TransportOption): TransportName {
  const { process, XMLHttpRequest } = globalThis as unknown as Platform;
  const all: readonly unknown[] = [adapter ?? ['xhr', 'http', 'fetch']].flat();
  for (const each of all) {
    if (typeof each === 'function') return 'custom';
    if (each === 'xhr' && XMLHttpRequest === undefined) continue;
    if (each === 'http' && Object.prototype.toString.call(process) !== '[object process]') continue;
    if (each === 'http' || each === 'xhr' || each === 'fetch') return each;
  }
  return 'custom';
}
