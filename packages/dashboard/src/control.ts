/** Isolates, releases and resets a circuit for whoever has the token, and tells of it. */

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

  /** Answers a POST. Nothing but its query and its headers is read. */
  act(request: IncomingMessage, query: URLSearchParams): Reply {
    const action = ACTIONS.find(each => each === query.get('action'));
    if (!action) return { status: 400, json: { error: `action must be one of ${ACTIONS.join(', ')}` } };
    const id = query.get('id') ?? '';
    const found = this.#live.circuits.find(id);
    const refused = this.#refusal(request) ?? (found ? undefined : 'unknown');
    const actor = actorOf(request);
    if (!refused) this.#live.timeline.attributed(actor ?? UNNAMED, () => found?.breaker[action]());
    this.#tell({
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

  /** Whether there is such a circuit is nobody's business who may not touch it, so that is asked last. */
  #refusal(request: IncomingMessage): Exclude<Refusal, 'unknown'> | undefined {
    if (!this.#digest) return 'off';
    if (!isOwnPage(request)) return 'origin';
    return timingSafeEqual(this.#digest, digestOf(tokenOf(request))) ? undefined : 'token';
  }

  #tell(event: ActionEvent): void {
    this.#hook.call(() => this.#options.onAction(event));
  }
}

/** Digests are of one length, so that comparing them says nothing of the token's. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function tokenOf({ headers }: IncomingMessage): string {
  return /^Bearer (.*)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/**
 * Another site's page could not send the token without being asked to by its reader; this keeps it from trying. A browser
 * says where a request comes from, by `Sec-Fetch-Site` or, where the connection is not secure, by `Origin`; what says
 * neither is no browser.
 */
function isOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin';
  return origin === undefined || URL.parse(origin)?.host === (headers.host ?? headers[':authority']);
}

const MAX_ACTOR = 64;

/** Encoded as in a URL, since a header cannot carry every letter. */
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
