/** Keeps answers within bounds of number and bytes; the least recently used goes first. */

import { type Entry, type Slot, sizeOf } from './entry.ts';
import type { ResolvedStale } from './stale-options.ts';

export class StaleStore {
  readonly #bounds: Omit<ResolvedStale, 'maxStaleMs' | 'identity'>;
  /** With their sizes, the least recently used first. */
  readonly #entries = new Map<Entry, number>();
  readonly #byUrl = new Map<string, Set<Entry>>();
  #bytes = 0;

  constructor(bounds: Omit<ResolvedStale, 'maxStaleMs' | 'identity'>) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What a body may have at most. */
  get maxEntryBytes(): number {
    return Math.min(this.#bounds.maxEntryBytes, this.#bounds.maxBytes);
  }

  /**
   * Takes the place of the answer to the same request, unless that came later. One that is too large leaves the place
   * empty.
   */
  put(entry: Entry): void {
    const before = this.of(entry.url, entry.partition).find(each => isSame(each, entry));
    if (before && before.order > entry.order) return;
    if (before) this.delete(before);
    const size = sizeOf(entry);
    if (size > this.maxEntryBytes) return;
    this.#add(entry, size);
    for (const oldest of this.#entries.keys()) {
      if (this.size <= this.#bounds.maxEntries && this.bytes <= this.#bounds.maxBytes) return;
      this.delete(oldest);
    }
  }

  /** The answers of a URL in one partition, the last stored first. */
  of(url: string, partition: string): readonly Entry[] {
    return [...(this.#byUrl.get(url) ?? [])].filter(entry => entry.partition === partition).reverse();
  }

  /** Notes that an answer was used. */
  touch(entry: Entry): void {
    const size = this.#entries.get(entry);
    if (size === undefined) return;
    this.#entries.delete(entry);
    this.#entries.set(entry, size);
  }

  delete(entry: Entry): void {
    const size = this.#entries.get(entry);
    if (size === undefined) return;
    this.#entries.delete(entry);
    this.#bytes -= size;
    const siblings = this.#byUrl.get(entry.url);
    siblings?.delete(entry);
    if (siblings?.size === 0) this.#byUrl.delete(entry.url);
  }

  /** Drops all answers of a URL, in every partition. */
  dropUrl(url: string): void {
    for (const entry of [...(this.#byUrl.get(url) ?? [])]) this.delete(entry);
  }

  #add(entry: Entry, size: number): void {
    this.#entries.set(entry, size);
    this.#bytes += size;
    const siblings = this.#byUrl.get(entry.url);
    if (siblings) siblings.add(entry);
    else this.#byUrl.set(entry.url, new Set([entry]));
  }
}

function isSame(a: Slot, b: Slot): boolean {
  return a.method === b.method && a.form === b.form && a.variant === b.variant && a.vary.join() === b.vary.join();
}
