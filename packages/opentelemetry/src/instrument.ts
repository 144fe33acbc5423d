/** Exports a policy's metrics and spans through OpenTelemetry. */

import { checkObject, show } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import { requirePolicy } from '@cutout/http/adapter';
import { checkSeriesOptions, type SeriesOptions } from '@cutout/http/series';
import { type Meter, metrics, type Tracer } from '@opentelemetry/api';
import { observeMetrics } from './observe-metrics.ts';
import { traceAttempts } from './trace-attempts.ts';

export interface InstrumentOptions extends SeriesOptions {
  /** The meter of the metrics. @default the global provider's, which does nothing without an SDK */
  readonly meter?: Meter;
  /**
   * Creates a span for each attempt and each refusal. Omit it if the client is already instrumented, or every span appears
   * twice. None by default.
   */
  readonly tracer?: Tracer;
}

/**
 * Registers observable instruments, which read the policy's counters on collection and add no cost to calls. With a
 * `tracer`, creates spans too.
 *
 * @example
 * const stop = instrument(fetch.policy);
 *
 * @returns A function that ends both.
 * @throws TypeError or RangeError for invalid options.
 */
export function instrument(policy: HttpPolicy, options: InstrumentOptions = {}): () => void {
  requirePolicy(policy);
  const given = checkObject('', options, ['meter', 'tracer', 'maxHosts', 'hostLabel']);
  const { meter = metrics.getMeter('@cutout/opentelemetry'), tracer } = options;
  checkHas('meter', meter, 'addBatchObservableCallback');
  if (tracer !== undefined) checkHas('tracer', tracer, 'startSpan');
  const stopMetrics = observeMetrics(policy, meter, checkSeriesOptions(given));
  const stopTraces = tracer && traceAttempts(policy, tracer);
  return () => {
    stopMetrics();
    stopTraces?.();
  };
}

function checkHas(name: string, value: unknown, method: string): void {
  const found = (value as Record<string, unknown> | null)?.[method];
  if (typeof found !== 'function') throw new TypeError(`${name} must have a ${method}(), got ${show(value)}`);
}
