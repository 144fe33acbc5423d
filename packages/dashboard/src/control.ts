/** Isolates, releases and resets circuits for clients with the token, and reports each action. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Harmless } from '@cutout/core/internal';
import type { Live } from './live.ts';
import type { Action, ActionEvent, CheckedOptions } from './options.ts';
import type { Reply } from './reply.ts';
import { UNNAMED } from './snapshot.ts';

const ACTIONS: readonly Action[] = ['isolate', 'release', 'reset'];

type Refusal = NonNullable<ActionEvent['refused']>;

const REFUSALS: Readonly<Record<Refusal, readonly [status: number, error: string]>> = {
  off: [403, 'control is off: the dashboard was made without a token'],
  token: [403, 'the token is wrong, or there is none'],
  origin: [403, "actions are taken from the dashboard's own page, not from another site's"],
  unknown: [404, 'there is no such circuit, or no longer'],
};

export class Control {
  readonly #options: CheckedOptions;
  readonly #live: Live;
  readonly #digest: Buffer | undefined;
  readonly #hook = new Harmless('[@cutout/dashboard] onAction failed');

  constructor(options: CheckedOptions, live: Live) {
    this.#options = options;
    this.#live = live;
    this.#digest = options.token === undefined ? undefined : digestOf(options.token);
  }

  /** Answers a POST. Only its query and headers are read. */
  act(request: IncomingMessage, query: URLSearchParams): Reply {
    const action = ACTIONS.find(each => each === query.get('action'));
    if (!action) return { status: 400, json: { error: `action must be one of ${ACTIONS.join(', ')}` } };
    const id = query.get('id') ?? '';
    const found = this.#live.circuits.find(id);
    const refused = this.#refusal(request) ?? (found ? undefined : 'unknown');
    const actor = actorOf(request);
    if (!refused) this.#live.timeline.attributed(actor ?? UNNAMED, () => found?.breaker[action]());
    this.#report({
      type: 'action',
      action,
      key: found?.breaker.key ?? id,
      ...(found?.policy.name === undefined ? {} : { policy: found.policy.name }),
      at: Date.now(),
      done: !refused,
      ...(refused ? { refused } : {}),
      ...(actor === undefined ? {} : { actor }),
      ...(request.socket.remoteAddress === undefined ? {} : { remoteAddress: request.socket.remoteAddress }),
    });
    if (!refused) return { status: 200, json: { id, state: found?.breaker.state } };
    const [status, error] = REFUSALS[refused];
    return { status, json: { error } };
  }

  /** Precedes `unknown`, so an unauthorised client cannot find out which circuits exist. */
  #refusal(request: IncomingMessage): Exclude<Refusal, 'unknown'> | undefined {
    if (!this.#digest) return 'off';
    if (!isOwnPage(request)) return 'origin';
    return timingSafeEqual(this.#digest, digestOf(tokenOf(request))) ? undefined : 'token';
  }

  #report(event: ActionEvent): void {
    this.#hook.call(() => this.#options.onAction(event));
  }
}

/** Digests have one length, so comparing them does not reveal the token's. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function tokenOf({ headers }: IncomingMessage): string {
  return /^Bearer (.*)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/**
 * Rejects requests from other sites' pages. A browser states the origin of a request in `Sec-Fetch-Site`, or in `Origin` on
 * an insecure connection. A client that sends neither is not a browser.
 */
function isOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin === undefined || URL.parse(origin)?.host === (headers.host ?? headers[':authority']);
}

const MAX_ACTOR = 64;

/** URL-encoded, since a header cannot carry every character. */
function actorOf({ headers }: IncomingMessage): string | undefined {
  const given = String(headers['x-cutout-actor'] ?? '');
  const name = decoded(given).replace(/\p{C}/gu, '').trim().slice(0, MAX_ACTOR);
  return name === '' ? undefined : name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
