/** The unix socket that axios dials in place of the URL's host. */

import type { InternalAxiosRequestConfig } from 'axios';
import type { TransportName } from './transport-name.ts';

/** What an agent of Node's shows of its options. */
interface AgentLike {
  readonly options?: { readonly socketPath?: unknown } | null;
}

/** The agent's own comes before that of the request, as in Node. Only the http adapter and those over it have any. */
export function socketPathOf(config: InternalAxiosRequestConfig, adapter: TransportName): string | undefined {
  if (adapter === 'fetch' || adapter === 'xhr') return undefined;
  const { socketPath, httpAgent, httpsAgent, url, baseURL } = config;
  const isSecure = /^https:/i.test(String(/^[a-z]+:/i.test(url ?? '') ? url : (baseURL ?? url)));
  const agent = (isSecure ? httpsAgent : httpAgent) as AgentLike | undefined;
  const path = agent?.options?.socketPath ?? socketPath;
  return typeof path === 'string' && path !== '' ? path : undefined;
}
