/** One circuit at one moment: cheap values for sorting, and a full row for circuits that are shown. */

import type { BreakerState, CircuitBreaker } from '@cutout/core';
import { escaped } from '@cutout/core/internal';
import type { KeyMetrics, LastFailure } from '@cutout/http';
import type { Moment } from './moment.ts';
import { percentile } from './percentile.ts';
import type { HostRow } from './snapshot.ts';
import type { Rates, Track } from './track.ts';
import type { Sortable } from './view.ts';

export interface Circuit {
  readonly id: string;
  readonly policy: string | undefined;
  readonly breaker: CircuitBreaker;
  readonly metrics: KeyMetrics;
  readonly track: Track;
}

/** Up to ten thousand are created per second, so anything dearer than a subtraction is computed on demand. */
export class CircuitReading implements Sortable {
  readonly #circuit: Circuit;
  readonly #at: number;
  readonly #rates: Rates;
  readonly since: number | null;
  readonly downSince: number | null;

  /** Created on first use, and shared by all readers. */
  #row: HostRow | undefined;

  constructor(circuit: Circuit, moment: Moment) {
    const { at, now } = moment;
    this.#circuit = circuit;
    this.#at = at;
    const { metrics, track } = circuit;
    const { state, stateMs } = metrics;
    this.#rates = track.rates(metrics, now);
    this.since = track.since(stateMs === undefined ? undefined : at - stateMs) ?? null;
    if (state === 'closed') track.closed();
    else track.down(now - (stateMs ?? 0));
    this.downSince = track.downSince(moment) ?? null;
  }

  get id(): string {
    return this.#circuit.id;
  }

  get key(): string {
    return this.#circuit.metrics.key;
  }

  get policy(): string | undefined {
    return this.#circuit.policy;
  }

  get state(): BreakerState {
    return this.#circuit.metrics.state;
  }

  get calls(): number {
    return this.#rates.calls;
  }

  get refused(): number {
    return this.#rates.refused;
  }

  get retries(): number {
    return this.#rates.retriesPerCall;
  }

  get inFlight(): number {
    return this.#circuit.metrics.inFlight;
  }

  get lastFailure(): LastFailure | undefined {
    return this.#circuit.metrics.lastFailure;
  }

  get success(): number | null {
    return this.#circuit.track.success(this.#circuit.metrics) ?? null;
  }

  get p95(): number | null {
    return percentile(this.#circuit.track.latencySince(this.#circuit.metrics), 0.95) ?? null;
  }

  get nearness(): number | null {
    const { state, utilization } = this.#circuit.metrics;
    return state === 'closed' ? utilization : null;
  }

  get row(): HostRow {
    this.#row ??= this.#whole();
    return this.#row;
  }

  #whole(): HostRow {
    const { id, key, policy, state, inFlight, lastFailure, since, downSince } = this;
    const { breaker, metrics, track } = this.#circuit;
    const explanation = breaker.explain();
    const { budgetLeft, bulkhead } = metrics;
    return {
      id,
      key: escaped(key),
      ...(policy === undefined ? {} : { policy: escaped(policy) }),
      state,
      shadow: (state === 'open' || state === 'isolated') && !breaker.refusing,
      since,
      downSince,
      probeAt: track.probeAt(state === 'open' ? this.#at + explanation.remainingMs : undefined) ?? null,
      ...(explanation.reason ? { reason: explanation.reason } : {}),
      nearness: short(this.nearness),
      calls: short(this.calls),
      refused: short(this.refused),
      success: this.success,
      spark: track.spark,
      p50: short(percentile(track.latencySince(metrics), 0.5) ?? null),
      p95: short(this.p95),
      retries: short(this.retries),
      budget: budgetLeft === undefined ? null : Math.floor(budgetLeft),
      inFlight,
      limit: bulkhead?.limit ?? null,
      queued: bulkhead?.queued ?? 0,
      ...(lastFailure ? { lastFailure } : {}),
    };
  }
}

/** Three digits are enough to read, and keep a row unchanged from one second to the next. */
function short<T extends number | null>(value: T): T {
  return (value === null ? value : Number(value.toPrecision(3))) as T;
}
