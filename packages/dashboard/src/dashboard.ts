/** The handler for the page, its streams, its JSON and its actions. Only the query selects between them, under any path. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { report } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import { Control } from './control.ts';
import { EventStream } from './event-stream.ts';
import { Live } from './live.ts';
import { moment } from './moment.ts';
import { checkOptions, type DashboardOptions } from './options.ts';
import { type PageFile, readPage } from './page-file.ts';
import { type Reply, SAFE_HEADERS, send } from './reply.ts';
import { shownExplanation } from './shown-explanation.ts';
import { QueryError, viewOf, wrong } from './view.ts';

/** For `http.createServer`, and for any framework that passes on Node's own request and response. */
export interface Dashboard extends Disposable {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Ends streams and timers, so the server can close. Later requests get 503. */
  close(): void;
}

/** The limit of concurrent streams: each costs the rows of a reading. */
const MAX_STREAMS = 64;

/**
 * Shows the circuits of one or more policies: a page with a stream, the same as JSON, and actions for clients with the token.
 * It adds no cost to calls. Without viewers it reads the counters every five seconds, to keep the last two minutes. Anyone who
 * can reach the handler can read: mount it where your other internal pages are.
 *
 * @example
 * createServer(createDashboard(fetch.policy)).listen(4800, '127.0.0.1');
 *
 * @throws TypeError or RangeError for anything but a policy, and for invalid options.
 */
export function createDashboard(
  policies: HttpPolicy | readonly HttpPolicy[],
  options: DashboardOptions = {},
): Dashboard {
  const handler = new Handler(policies, options);
  const close = (): void => handler.close();
  return Object.assign((request: IncomingMessage, response: ServerResponse) => handler.handle(request, response), {
    close,
    [Symbol.dispose]: close,
  });
}

class Handler {
  readonly #page: PageFile = readPage();
  readonly #live: Live;
  readonly #control: Control;
  #closed = false;

  constructor(policies: HttpPolicy | readonly HttpPolicy[], options: DashboardOptions) {
    const checked = checkOptions(policies, options);
    this.#live = new Live(checked.policies, { title: checked.title, control: checked.token !== undefined });
    this.#control = new Control(checked, this.#live);
  }

  close(): void {
    this.#closed = true;
    this.#live.close();
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const reply = this.#harmless(response, () => this.#answer(request, response));
    if (reply) send(response, reply, request.method !== 'HEAD');
  }

  /** Undefined for a stream, which stays open. */
  #answer(request: IncomingMessage, response: ServerResponse): Reply | undefined {
    if (this.#closed) return { status: 503, json: { error: 'the dashboard is closed' } };
    const query = new URLSearchParams(/\?(.*)$/s.exec(request.url ?? '')?.[1]);
    if (request.method === 'POST') return this.#control.act(request, query);
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return { status: 405, headers: { allow: 'GET, HEAD, POST' }, json: { error: 'GET, HEAD or POST' } };
    return this.#show(request, response, query);
  }

  #show(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Reply | undefined {
    switch (query.get('format')) {
      case null:
        return { status: 200, html: this.#page.html, headers: { 'content-security-policy': this.#page.policy } };
      case 'json':
        return { status: 200, json: this.#live.snapshot(viewOf(query)) };
      case 'explain':
        return this.#explain(query.get('id') ?? '');
      case 'stream':
        return this.#stream(request, response, query);
      default:
        throw wrong('format', 'json, stream, explain or left out', query.get('format'));
    }
  }

  #explain(id: string): Reply {
    const found = this.#live.circuits.readOne(id, moment());
    const breaker = this.#live.circuits.find(id)?.breaker;
    if (!found || !breaker) return { status: 404, json: { error: 'there is no such circuit, or no longer' } };
    return { status: 200, json: { ...found, explanation: shownExplanation(breaker.explain()) } };
  }

  #stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Reply | undefined {
    const view = viewOf(query);
    if (this.#live.streams >= MAX_STREAMS)
      return {
        status: 503,
        headers: { 'retry-after': '5' },
        json: { error: `${MAX_STREAMS} streams are open already` },
      };
    if (request.method === 'HEAD') return { status: 200, json: {} };
    // Its `close` event is over, so nothing would ever remove the stream.
    if (response.destroyed) return undefined;
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    const stream = new EventStream(request, response, () => this.#live.remove(stream));
    this.#live.add(stream, view);
    return undefined;
  }

  /** Answers an invalid query with its error. Any other error is ours, and must not end the process. */
  #harmless(response: ServerResponse, answer: () => Reply | undefined): Reply | undefined {
    try {
      return answer();
    } catch (error) {
      if (error instanceof QueryError) return { status: 400, json: { error: error.message } };
      report('[@cutout/dashboard] a request could not be answered', error);
      // A stream has begun: it cannot carry an error answer.
      if (response.headersSent) return void response.destroy();
      return { status: 500, json: { error: 'the dashboard failed; see the log of its process' } };
    }
  }
}
