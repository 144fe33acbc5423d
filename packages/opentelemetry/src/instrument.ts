/** Shows what a policy does through OpenTelemetry. */

import { checkObject, show } from '@cutout/core/internal';
import { checkPolicy, type HttpPolicy } from '@cutout/http';
import { checkSeriesOptions, type SeriesOptions } from '@cutout/http/series';
import { type Meter, metrics, type Tracer } from '@opentelemetry/api';
import { observeMetrics } from './observe-metrics.ts';
import { traceAttempts } from './trace-attempts.ts';

export interface InstrumentOptions extends SeriesOptions {
  /** Where the metrics go. @default the global provider's, which does nothing until there is an SDK */
  readonly meter?: Meter;
  /**
   * Makes a span for each attempt and each refusal. Leave it out where the client is instrumented already, which would
   * make every span twice. None by default.
   */
  readonly tracer?: Tracer;
}

/**
 * Registers observable instruments, which read the policy's counters when they are collected, so that calls cost nothing more;
 * and with a `tracer` makes spans. Returns the function that ends both.
 *
 * @example
 * const stop = instrument(fetch.policy);
 *
 * @throws TypeError or RangeError for bad options.
 */
export function instrument(policy: HttpPolicy, options: InstrumentOptions = {}): () => void {
  checkPolicy(policy);
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
