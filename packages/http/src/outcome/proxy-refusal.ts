/** How clients report that a proxy refused to connect to the host. The host has been sent nothing. */

import type { ErrorFacts } from './error-facts.ts';

export interface ProxyRefusal {
  /** The status of the proxy's answer, where it gave one. */
  readonly status: number | undefined;
}

/** By the messages of undici (its `proxy-agent.js`) and of the `tunnel` package, which has no code of its own for it. */
const MESSAGES: readonly RegExp[] = [
  /^Proxy response \((\d+)\) !== 200 when HTTP Tunneling$/,
  /^Proxy Authentication Required \((407)\)$/,
  /^tunneling socket could not be established, (?:statusCode=(\d+)|cause=)/,
];

/** By the codes of Node's own agents, and of undici. */
const CODE = /^(ERR_PROXY_TUNNEL|UND_ERR_PRX_[A-Z]+)$/;

/** The refusal that one of these errors reports; undefined where none does. */
export function proxyRefusalIn(chain: readonly ErrorFacts[]): ProxyRefusal | undefined {
  for (const { code, message, statusCode } of chain) {
    const match = MESSAGES.map(each => each.exec(message)).find(Boolean);
    if (match) return { status: match[1] === undefined ? undefined : Number(match[1]) };
    if (CODE.test(code)) return { status: typeof statusCode === 'number' ? statusCode : undefined };
  }
  return undefined;
}
