/** A dashboard on loopback, and its readers. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpPolicy, type HttpPolicy, type HttpPolicyOptions } from '@cutout/http';

export const TOKEN = 'a-token-of-some-length';

/** Opens after two failures, and stays open. */
export function policyWith(keys: readonly string[], options: HttpPolicyOptions = {}): HttpPolicy {
  const policy = createHttpPolicy({ breaker: { failures: 2 }, ...options });
  for (const key of keys) policy.breaker({ key });
  return policy;
}

export function fail(policy: HttpPolicy, key: string, times = 2): void {
  for (let i = 0; i < times; i++) {
    const permit = policy.breaker({ key }).tryAcquire();
    if ('success' in permit) permit.failure(new Error('down'));
  }
}

export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
}

export async function serve(listener: RequestListener, port = 0): Promise<Served> {
  const server = createServer(listener);
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export interface Message {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The messages of a stream, until the reader stops. */
export async function* messages(url: string, signal?: AbortSignal): AsyncGenerator<Message> {
  const response = await fetch(url, signal ? { signal } : {});
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(part) ?? [];
      if (event && data) yield { event, data: JSON.parse(data) };
    }
  }
}

export function post(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers });
}
