/** The last good answers of a policy's calls: kept when they are whole, served when nothing better comes. */

import { type Clock, monotonicClock } from '@cutout/core';
import type { Answer, AnswerHead, BodyForm, BodySink, HeaderReader, HttpRequest } from '@cutout/http';
import { isDelimited } from '@cutout/http/adapter';
import { Changes } from './changes.ts';
import { Collector } from './collector.ts';
import { digest } from './digest.ts';
import type { Entry, Slot } from './entry.ts';
import { mark } from './mark.ts';
import { isOwn, type Partition, partitionOf } from './partition.ts';
import { type Freshness, freshnessOf, isRecentEnough, mayFill, mayUse, varyOf } from './rules.ts';
import type { ResolvedStale } from './stale-options.ts';
import { StaleStore } from './stale-store.ts';
import { confirms, headersOfNotModified, isNotModified, updatedBy } from './validators.ts';

/** When a call began, before anything of it was sent. */
export interface Beginning {
  /** A later call has a larger one. */
  readonly order: number;
  readonly changes: number;
  readonly withdrawals: number;
}

/** What a stale answer is looked for by. */
export interface Wanted {
  /** The forms of a body that the adapter can serve. */
  readonly forms: readonly BodyForm[];
  readonly maxStaleMs: number;
  /** What it is served for. */
  readonly reason: string;
}

export class StaleAnswers {
  readonly settings: ResolvedStale;
  readonly #store: StaleStore;
  readonly #changes = new Changes();
  /** Of answers that withdrew what was kept, by partition and URL. */
  readonly #withdrawals = new Changes();
  readonly #now: () => number;
  #begun = 0;

  /** `clock`: that of the circuits. Ages follow it where it is the caller's own. */
  constructor(settings: ResolvedStale, clock: Clock = monotonicClock) {
    this.settings = settings;
    this.#store = new StaleStore(settings);
    // Not the monotonic clock, which need not count the hours that a machine sleeps.
    this.#now = clock === monotonicClock ? () => Date.now() : () => clock.now();
  }

  /** To be called before a request is sent; {@link collect} is given what it returns. */
  begin(): Beginning {
    this.#begun += 1;
    return { order: this.#begun, changes: this.#changes.now, withdrawals: this.#withdrawals.now };
  }

  /** Receives the body of a good answer; undefined where it may not be kept, and its place is emptied. */
  collect(request: HttpRequest, head: AnswerHead, begun: Beginning): BodySink | undefined {
    if (!mayFill(request)) return undefined;
    if (head.status === 304) return this.#freshen(request, head, begun);
    const partition = this.#partitionOf(request);
    const { isShared } = partition;
    const freshness = freshnessOf(head.headers, head.status, { now: this.#now, isShared });
    const slot = slotOf(request, partition, head, freshness ? varyOf(head.headers) : []);
    const length = lengthOf(head, slot.method);
    const isKept =
      isOwn(partition, slot.vary) && isWhole(head, slot.method) && (length ?? 0) <= this.#store.maxEntryBytes;
    if (freshness && isKept) return this.#collector(slot, head, freshness, begun);
    this.#withdraw(slot);
    return undefined;
  }

  /** The answer to serve in place of a failure. */
  find(request: HttpRequest, { forms, maxStaleMs, reason }: Wanted): Answer | undefined {
    if (!mayUse(request)) return undefined;
    const kept = this.#matching(request).filter(({ freshness }) => isRecentEnough(freshness, request, maxStaleMs));
    const [latest] = kept;
    if (latest && isNotModified(request.headers, latest.headers)) return this.#notModified(latest, reason);
    const head = isHead(request);
    // A HEAD gets no body: any form will do.
    const entry = kept.find(({ method, form }) => head || (method === 'GET' && forms.includes(form)));
    if (!entry) return undefined;
    this.#store.touch(entry);
    const { statusText, form, headers } = entry;
    const ageMs = entry.freshness.ageMs();
    const body = head ? undefined : entry.body.slice();
    return { status: 200, statusText, headers: mark(headers, ageMs, reason), body, form, ageMs, reason };
  }

  #notModified(entry: Entry, reason: string): Answer {
    this.#store.touch(entry);
    const ageMs = entry.freshness.ageMs();
    const headers = mark(headersOfNotModified(entry.headers), ageMs, reason);
    return { status: 304, statusText: 'Not Modified', headers, body: undefined, form: entry.form, ageMs, reason };
  }

  /** A 304 to a caller's own condition confirms what is kept. */
  #freshen(request: HttpRequest, { headers: fresh }: AnswerHead, begun: Beginning): undefined {
    for (const entry of this.#matching(request)) {
      if (entry.order > begun.order || this.#isOvertaken(entry, begun) || !confirms(fresh, entry.headers)) continue;
      const headers = updatedBy(entry.headers, fresh);
      const freshness = freshnessOf(headers, 200, { now: this.#now, isShared: entry.isShared });
      this.#store.delete(entry);
      const isSameSlot = varyOfForm(varyOf(headers), entry.form).join() === entry.vary.join();
      if (freshness && isSameSlot) this.#store.put({ ...entry, headers, freshness, order: begun.order });
    }
  }

  #collector(slot: Slot, head: AnswerHead, freshness: Freshness, begun: Beginning): Collector {
    const { headers, statusText = '' } = head;
    const { order } = begun;
    return new Collector(this.#store.maxEntryBytes, lengthOf(head, slot.method), body => {
      if (!this.#isOvertaken(slot, begun)) this.#store.put({ ...slot, order, statusText, headers, body, freshness });
    });
  }

  /** The server has answered otherwise since: what is gone, or must not be kept, is no longer its last answer. */
  #withdraw(slot: Slot): void {
    this.#withdrawals.note(nameOf(slot));
    for (const entry of this.#store.of(slot.url, slot.partition)) this.#store.delete(entry);
  }

  /** The latest first (RFC 9111 section 4.1). */
  #matching(request: HttpRequest): readonly Entry[] {
    const partition = this.#partitionOf(request);
    const variants = new Map<string, string>();
    // Of a thousand variants of one URL most vary by the same headers, which are hashed once.
    const isWanted = ({ vary, variant }: Entry): boolean => {
      const names = vary.join();
      const wanted = variants.get(names) ?? variantOf(request.headers, vary);
      variants.set(names, wanted);
      return wanted === variant;
    };
    return this.#store
      .of(withoutFragment(request.url), partition.name)
      .filter(entry => isOwn(partition, entry.vary) && isWanted(entry))
      .sort((a, b) => b.order - a.order);
  }

  /** A slow answer must not bring back what has been written over, or has been answered otherwise since. */
  #isOvertaken(slot: Slot, { changes, withdrawals }: Beginning): boolean {
    return this.#changes.since(changes, slot.url) || this.#withdrawals.since(withdrawals, nameOf(slot));
  }

  #partitionOf(request: HttpRequest): Partition {
    return partitionOf(request, this.settings.identity);
  }

  /** A write that succeeded drops what is kept of its URL (RFC 9111 section 4.4). */
  noteChange({ method, url }: HttpRequest, status = 0): void {
    if (/^(GET|HEAD|OPTIONS|TRACE|QUERY)$/i.test(method) || status < 200 || status > 399) return;
    this.#changes.note(withoutFragment(url));
    this.#store.dropUrl(withoutFragment(url));
  }
}

function slotOf(
  request: HttpRequest,
  { name, isShared }: Partition,
  { form }: AnswerHead,
  named: readonly string[],
): Slot {
  const vary = varyOfForm(named, form);
  return {
    url: withoutFragment(request.url),
    partition: name,
    isShared,
    method: isHead(request) ? 'HEAD' : 'GET',
    form,
    vary,
    variant: variantOf(request.headers, vary),
  };
}

/**
 * What is decoded suits every `Accept-Encoding`. What is not suits only that of its own request, also where a server omits
 * it from `Vary`.
 */
function varyOfForm(named: readonly string[], form: BodyForm): readonly string[] {
  const others = named.filter(name => name !== 'accept-encoding');
  return form === 'encoded' ? [...others, 'accept-encoding'].sort() : others;
}

function variantOf(headers: HeaderReader, vary: readonly string[]): string {
  return vary.length > 0 ? digest(headers, vary) : '';
}

function nameOf({ url, partition }: Slot): string {
  return `${partition} ${url}`;
}

/** What a body must have to be whole, unless it was decoded on its way. */
function lengthOf({ headers, form }: AnswerHead, method: Slot['method']): number | undefined {
  const length = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  return method === 'HEAD' || form === 'text' || length === undefined ? undefined : Number(length);
}

/** Whether a body that was cut would be known as such. The answer to a HEAD has none. */
function isWhole({ headers, hasKnownEnd }: AnswerHead, method: Slot['method']): boolean {
  return method === 'HEAD' || (hasKnownEnd ?? isDelimited(headers.map(([name]) => name)));
}

function isHead({ method }: Pick<HttpRequest, 'method'>): boolean {
  return method.toUpperCase() === 'HEAD';
}

function withoutFragment(url: string): string {
  const parsed = new URL(url);
  parsed.hash = '';
  return parsed.href;
}
