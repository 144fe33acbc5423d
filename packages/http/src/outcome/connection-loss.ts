/**
 * Attempts that end because one connection was lost are one failure of the host. Many requests share a connection where
 * HTTP/2 multiplexes or HTTP/1 pipelines them, and a server that drains it ends them all at once.
 */

import type { Clock } from '@cutout/core';
import type { OutcomeKind } from './outcome.ts';

/** Kinds of ends that a connection brings about. A limit, or a deadline that calls share, is no lost connection. */
const OF_A_CONNECTION: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>([
  'refused',
  'dns',
  'connect-timeout',
  'tls',
  'reset',
  'network',
  'body',
]);

const MAX_DEPTH = 10;

/** What is looked at of an error. */
interface Lost {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  /** got's and axios'. */
  readonly response?: { readonly httpVersion?: unknown } | null;
  /** got's. */
  readonly options?: { readonly http2?: unknown } | null;
}

/** The lost connections of one key. */
export class ConnectionLosses {
  /** When each root cause was first seen. */
  readonly #causes = new WeakMap<object, number>();
  readonly #clock: Clock;
  #last: { readonly turn: object; readonly isHttp2: boolean; readonly at: number } | undefined;

  /** `clock`: that of the key. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Records how an attempt that began at `startedAt`, by the same clock, ended. True where an earlier one ended with
   * the same connection: by the same root cause, or over HTTP/2 within one turn of the event loop.
   */
  isRepeated(kind: OutcomeKind, error: unknown, startedAt: number): boolean {
    if (!OF_A_CONNECTION.has(kind) || typeof error !== 'object' || error === null) return false;
    const chain = chainOf(error);
    const root = chain.at(-1) as object;
    // One that began later has met a connection of its own, even where a client or a mock keeps the error object.
    const hasSeen = (at: number | undefined): boolean => at !== undefined && startedAt <= at;
    const isHttp2 = chain.some(isOfHttp2);
    const last = this.#last?.turn === presentTurn ? this.#last : undefined;
    const isOneTurn = last !== undefined && (isHttp2 || last.isHttp2) && hasSeen(last.at);
    const isRepeated = isOneTurn || hasSeen(this.#causes.get(root));
    const at = isRepeated && last ? last.at : this.#clock.now();
    if (!isRepeated) this.#causes.set(root, at);
    this.#last = { turn: turnOf(), isHttp2: isHttp2 || isOneTurn, at };
    return isRepeated;
  }
}

function chainOf(error: object): Lost[] {
  const chain: Lost[] = [];
  let each: unknown = error;
  while (typeof each === 'object' && each !== null && chain.length <= MAX_DEPTH) {
    chain.push(each);
    each = read(each, 'cause');
  }
  return chain;
}

/** Clients that copy the error for each stream leave its code, their own wording, or the answer that had begun. */
function isOfHttp2(error: Lost): boolean {
  const { code, message } = { code: read(error, 'code'), message: read(error, 'message') };
  if (typeof code === 'string' && code.startsWith('ERR_HTTP2_')) return true;
  if (typeof message === 'string' && message.includes('HTTP/2')) return true;
  const [response, options] = [read(error, 'response'), read(error, 'options')];
  // Before an answer, got's error shows only that HTTP/2 was enabled.
  return String(read(response, 'httpVersion')).startsWith('2') || read(options, 'http2') === true;
}

/** An error's properties may be getters that throw. */
function read(from: unknown, name: string): unknown {
  try {
    return (from as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

let presentTurn: object | undefined;

const { setImmediate: soon = (end: () => void) => setTimeout(end, 0) } = globalThis as {
  setImmediate?: (end: () => void) => unknown;
};

/** The present turn of the event loop, with the one in which sockets that end in it are closed. */
function turnOf(): object {
  if (presentTurn) return presentTurn;
  const turn = {};
  presentTurn = turn;
  soon(() => soon(() => (presentTurn = undefined)));
  return turn;
}
