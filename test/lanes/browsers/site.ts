/** The site of the browser tests: the built packages as modules, the servers of the rows, and the reports. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Capabilities, loopback, type Scenario, type Step, type Wire } from '@cutout/testing';

/** How one row ended: it passed if neither is set. */
export interface Result {
  readonly name: string;
  readonly excluded?: string;
  readonly failure?: string;
}

export interface Site {
  readonly url: string;
  readonly results: readonly Result[];
  /** Resolves when the page has played its last row. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, '../../..');
const requireFrom = (name: string): NodeJS.Require => createRequire(join(root, 'packages', name, 'package.json'));
const pRetry = requireFrom('http').resolve('p-retry');
const fromStale = requireFrom('stale');
const dependency = (file: string): string => `/file${file}`;

/** The import map: a page has no packages. */
const IMPORTS: Readonly<Record<string, string>> = {
  '@cutout/core': '/packages/core/dist/index.js',
  '@cutout/core/internal': '/packages/core/dist/internal.js',
  '@cutout/http': '/packages/http/dist/index.js',
  '@cutout/fetch': '/packages/fetch/dist/index.js',
  '@cutout/stale': '/packages/stale/dist/index.js',
  '@cutout/testing': '/testing.js',
  'p-retry': dependency(pRetry),
  'is-network-error': dependency(createRequire(pRetry).resolve('is-network-error')),
  '@noble/hashes/sha2.js': dependency(fromStale.resolve('@noble/hashes/sha2.js')),
  '@noble/hashes/utils.js': dependency(fromStale.resolve('@noble/hashes/utils.js')),
  'http-cache-semantics': `/commonjs${fromStale.resolve('http-cache-semantics')}`,
  'node:assert/strict': '/assert.js',
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>Conformance</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script>addEventListener('error', ({ message }) => fetch('/failed', { method: 'POST', body: JSON.stringify({ message }) }))</script>
<script type="module" src="/test/lanes/browsers/page.ts"></script>`;

/** The test tools that work without Node. */
const TESTING = ['play', 'describe-adapter', 'scenarios']
  .map(name => `export * from '/packages/testing/dist/conformance/${name}.js';`)
  .join('\n');

/** The part of Node's assertions that the rows need. */
const ASSERT = `export function deepStrictEqual(actual, expected, message = 'not equal') {
  const text = value => JSON.stringify(value, (_, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each);
  if (text(actual) !== text(expected)) throw new Error(message + ': ' + text(actual) + ' instead of ' + text(expected));
}`;

/** `only`: rows whose name contains it. */
export async function startSite(
  capabilities: Capabilities,
  only: string,
  onResult: (result: Result) => void,
): Promise<Site> {
  const results: Result[] = [];
  const done = Promise.withResolvers<void>();
  const wires = new Wires();
  const receive: Readonly<Record<string, (body: never) => unknown>> = {
    '/capabilities': () => capabilities,
    '/result': (result: Result) => {
      results.push(result);
      onResult(result);
    },
    '/done': () => done.resolve(),
    '/failed': ({ message }: { message: string }) => done.reject(new Error(`the page failed: ${message}`)),
    '/wire/start': ({ listens }: Pick<Scenario, 'listens'>) => wires.start(listens),
    '/wire/always': (body: Order) => wires.of(body).always(body.steps[0] as Step),
    '/wire/next': (body: Order) => wires.of(body).next(...body.steps),
    '/wire/refuse': (body: Order) => wires.of(body).refuse(),
    '/wire/seen': (body: Order) => wires.of(body).seen(),
    '/wire/close': (body: Order) => wires.close(body),
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    const answered = request.method === 'POST' ? reply(request, response, receive[path]) : serve(path, response);
    answered.catch(error => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/?only=${encodeURIComponent(only)}`,
    results,
    done: done.promise,
    close: async () => {
      await wires.closeAll();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

interface Order {
  readonly id: number;
  readonly steps: readonly Step[];
}

class Wires {
  readonly #wires = new Map<number, Wire>();
  #last = 0;

  async start(listens: Scenario['listens']): Promise<{ id: number; target: string }> {
    this.#last += 1;
    const id = this.#last;
    const wire = await loopback({ cors: true })(listens);
    this.#wires.set(id, wire);
    return { id, target: wire.target };
  }

  of({ id }: Order): Wire {
    const wire = this.#wires.get(id);
    if (!wire) throw new RangeError(`there is no server ${id}`);
    return wire;
  }

  async close(order: Order): Promise<void> {
    const wire = this.of(order);
    this.#wires.delete(order.id);
    await wire.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#wires.values()].map(wire => wire.close()));
  }
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  act: ((body: never) => unknown) | undefined,
): Promise<void> {
  if (!act) throw new RangeError(`nothing is at ${request.url}`);
  let text = '';
  for await (const chunk of request) text += chunk;
  const result = await act(JSON.parse(text) as never);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result ?? null));
}

async function serve(path: string, response: ServerResponse): Promise<void> {
  if (path === '/') return send(response, 'text/html', PAGE);
  if (path === '/testing.js') return send(response, 'text/javascript', TESTING);
  if (path === '/assert.js') return send(response, 'text/javascript', ASSERT);
  if (path.startsWith('/file/'))
    return send(response, 'text/javascript', await readFile(path.slice('/file'.length), 'utf8'));
  if (path.startsWith('/commonjs/'))
    return send(response, 'text/javascript', asModule(await readFile(path.slice('/commonjs'.length), 'utf8')));
  if (!/^\/(packages|test)\//.test(path)) {
    response.writeHead(404).end();
    return;
  }
  const code = await readFile(join(root, path), 'utf8');
  send(response, 'text/javascript', path.endsWith('.ts') ? stripTypeScriptTypes(code) : code);
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(text);
}

function asModule(code: string): string {
  return `const module = { exports: {} }; const exports = module.exports;\n${code}\nexport default module.exports;`;
}
