/** Makes steady calls through one client, and records the result of each. */

import { isCircuitOpenError } from '@cutout/fetch';
import type { Send } from './adapters.ts';

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
  readonly #send: Send;
  readonly #pending = new Set<Promise<void>>();

  constructor(name: string, send: Send) {
    this.name = name;
    this.#send = send;
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
      return (await this.#send(url)) ? 'answered' : 'failed';
    } catch (error) {
      return isCircuitOpenError(error) ? 'refused' : 'failed';
    }
  }
}
