/** Makes steady calls through one kind of fetch, and keeps what became of each. */

import { isCircuitOpenError } from '@cutout/fetch';

/** `refused`: failed fast, with no request sent. */
export type Result = 'answered' | 'failed' | 'refused';

export interface CallRecord {
  readonly startedAt: number;
  readonly waitedMs: number;
  readonly result: Result;
}

export class Caller {
  readonly name: string;
  readonly records: CallRecord[] = [];
  readonly #fetch: (url: string) => Promise<Response>;
  readonly #pending = new Set<Promise<void>>();

  constructor(name: string, fetch: (url: string) => Promise<Response>) {
    this.name = name;
    this.#fetch = fetch;
  }

  call(url: string): void {
    const pending = this.#run(url).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Resolves when no call is in flight. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #run(url: string): Promise<void> {
    const startedAt = performance.now();
    const result = await this.#outcome(url);
    this.records.push({ startedAt, waitedMs: performance.now() - startedAt, result });
  }

  async #outcome(url: string): Promise<Result> {
    try {
      const response = await this.#fetch(url);
      await response.arrayBuffer();
      return response.ok ? 'answered' : 'failed';
    } catch (error) {
      return isCircuitOpenError(error) ? 'refused' : 'failed';
    }
  }
}
