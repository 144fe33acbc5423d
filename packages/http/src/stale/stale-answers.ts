/** The last good answers of a policy's calls: kept when they are whole, served when nothing better comes. */

import type { HeaderReader, HttpRequest } from '../request.ts';
import { Changes } from './changes.ts';
import { Collector } from './collector.ts';
import { digest, partitionOf } from './digest.ts';
import type { Entry, Slot, StoredHeaders } from './entry.ts';
import { mark } from './mark.ts';
import { type Freshness, freshnessOf, isRecentEnough, mayFill, mayUse, varyOf } from './rules.ts';
import type { StaleSettings } from './stale-options.ts';
import { StaleStore } from './stale-store.ts';

/** A stale answer, for a door to make its client's own of. All of it is the caller's. */
export interface StaleAnswer {
  readonly status: 200;
  readonly statusText: string;
  /** With `Age` and `Cache-Status`. */
  readonly headers: [name: string, value: string][];
  /** Undefined in answer to a HEAD. */
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** Milliseconds since the origin made it. */
  readonly ageMs: number;
}

/** What there is to see of an answer before its body. */
export interface AnswerHead {
  readonly status: number | undefined;
  readonly statusText?: string;
  readonly headers: StoredHeaders;
}

export class StaleAnswers {
  readonly #store: StaleStore;
  readonly #changes = new Changes();

  constructor(bounds: StaleSettings) {
    this.#store = new StaleStore(bounds);
  }

  /** To be taken before a request is sent; {@link collect} is given it. */
  get moment(): number {
    return this.#changes.now;
  }

  /** What is to be told the body of a good answer; undefined where it may not be kept, and its place is emptied. */
  async collect(request: HttpRequest, head: AnswerHead, moment: number): Promise<Collector | undefined> {
    if (!mayFill(request)) return this.noteChange(request, head.status);
    const freshness = freshnessOf(head.headers, head.status);
    const slot = await slotOf(request, freshness ? varyOf(head.headers) : []);
    if (!slot) return undefined;
    const length = lengthOf(head.headers, slot.method);
    if (freshness && (length ?? 0) <= this.#store.maxEntryBytes) return this.#collector(slot, head, freshness, moment);
    // The server has answered otherwise since: what is gone, or must not be kept, is not what it last said.
    for (const entry of this.#store.of(slot.url, slot.partition)) this.#store.delete(entry);
    return undefined;
  }

  /** The answer to serve in place of a failure. */
  async find(request: HttpRequest, maxStaleMs: number, reason: string): Promise<StaleAnswer | undefined> {
    if (!mayUse(request)) return undefined;
    const entry = await this.#match(request);
    if (!entry || !isRecentEnough(entry.freshness, request, maxStaleMs)) return undefined;
    this.#store.touch(entry);
    const ageMs = entry.freshness.ageMs();
    const body = isHead(request) ? undefined : entry.body.slice();
    return { status: 200, statusText: entry.statusText, headers: mark(entry.headers, ageMs, reason), body, ageMs };
  }

  #collector(slot: Slot, head: AnswerHead, freshness: Freshness, moment: number): Collector {
    const { headers, statusText = '' } = head;
    return new Collector(this.#store.maxEntryBytes, lengthOf(headers, slot.method), body => {
      if (!this.#changes.since(moment, slot.url)) this.#store.put({ ...slot, statusText, headers, body, freshness });
    });
  }

  async #match(request: HttpRequest): Promise<Entry | undefined> {
    const partition = await partitionOf(request.headers);
    if (partition === undefined) return undefined;
    for (const entry of this.#store.of(withoutFragment(request.url), partition)) {
      if (entry.method === 'HEAD' && !isHead(request)) continue;
      if ((await variantOf(request.headers, entry.vary)) === entry.variant) return entry;
    }
    return undefined;
  }

  /** A write that succeeded drops what is kept of its URL (RFC 9111 section 4.4). */
  noteChange({ method, url }: HttpRequest, status = 0): undefined {
    if (/^(GET|HEAD|OPTIONS|TRACE|QUERY)$/i.test(method) || status < 200 || status > 399) return;
    this.#changes.note(withoutFragment(url));
    this.#store.dropUrl(withoutFragment(url));
  }
}

async function slotOf({ method, url, headers }: HttpRequest, vary: readonly string[]): Promise<Slot | undefined> {
  const [partition, variant] = await Promise.all([partitionOf(headers), variantOf(headers, vary)]);
  if (partition === undefined || variant === undefined) return undefined;
  return { url: withoutFragment(url), partition, method: isHead({ method }) ? 'HEAD' : 'GET', vary, variant };
}

function variantOf(headers: HeaderReader, vary: readonly string[]): Promise<string | undefined> | string {
  return vary.length > 0 ? digest(headers, vary) : '';
}

/** What a body must have to be whole, unless it was compressed on its way. */
function lengthOf(headers: StoredHeaders, method: Slot['method']): number | undefined {
  const find = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1];
  const length = find('content-length');
  if (method === 'HEAD' || find('content-encoding') !== undefined || length === undefined) return undefined;
  return Number(length);
}

function isHead({ method }: Pick<HttpRequest, 'method'>): boolean {
  return method.toUpperCase() === 'HEAD';
}

function withoutFragment(url: string): string {
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href;
}
