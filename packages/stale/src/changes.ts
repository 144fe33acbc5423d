/** Remembers which URLs were changed lately, so that an answer requested before the change is not kept. */

const MAX_CHANGES = 1_000;

export class Changes {
  /** By the number of the last change, in order. */
  readonly #urls = new Map<string, number>();
  #count = 0;
  /** The number of the last change that was forgotten. */
  #forgotten = 0;

  /** The present moment, for {@link since}. */
  get now(): number {
    return this.#count;
  }

  note(url: string): void {
    this.#count += 1;
    this.#urls.delete(url);
    this.#urls.set(url, this.#count);
    const [oldest] = this.#urls;
    if (this.#urls.size <= MAX_CHANGES || !oldest) return;
    this.#urls.delete(oldest[0]);
    this.#forgotten = oldest[1];
  }

  /** Whether the URL was changed after `moment`. What has been forgotten counts as changed. */
  since(moment: number, url: string): boolean {
    return moment < this.#forgotten || (this.#urls.get(url) ?? 0) > moment;
  }
}
