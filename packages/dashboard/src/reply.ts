/** A complete answer, and how it is sent. */

import type { ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sent with every answer. Other sites can neither frame nor read it. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

export function send(response: ServerResponse, { status, json, html, headers }: Reply, withBody: boolean): void {
  const type = html === undefined ? 'application/json' : 'text/html';
  const body = Buffer.from(html ?? JSON.stringify(json));
  const all = { ...SAFE_HEADERS, 'content-type': `${type}; charset=utf-8`, 'content-length': body.length, ...headers };
  response.writeHead(status, all);
  response.end(withBody ? body : undefined);
}
