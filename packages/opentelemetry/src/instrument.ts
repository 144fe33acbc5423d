/** Shows what a policy does through OpenTelemetry. */

import { checkFunction, checkNumber, checkObject, POSITIVE_INTEGER, show } from '@cutout/core/internal';
import { type HttpPolicy, isHttpPolicy } from '@cutout/http';
import { type Meter, metrics, type Tracer } from '@opentelemetry/api';
import { HostLabels } from './host-labels.ts';
import { observeMetrics } from './observe-metrics.ts';
import { traceAttempts } from './trace-attempts.ts';

export interface InstrumentOptions {
  /** Where the metrics go. @default the global provider's, which does nothing until there is an SDK */
  readonly meter?: Meter;
  /**
   * Makes a span for each attempt and each refusal. Leave it out where the client is instrumented already, which would
   * make every span twice. None by default.
   */
  readonly tracer?: Tracer;
  /** Hosts with series of their own, first come; the others are summed up as `_other`. A positive integer. @default 100 */
  readonly maxHosts?: number;
  /** What a key is called in `server.address`, in place of its host and port. Keys of the same name are summed up. */
  readonly hostLabel?: (key: string) => string;
}

const MAX_HOSTS = 100;

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
  if (!isHttpPolicy(policy)) throw new TypeError(`policy must be a policy, got ${show(policy)}: pass a door's .policy`);
  const given = checkObject('', options, ['meter', 'tracer', 'maxHosts', 'hostLabel']);
  const { meter = metrics.getMeter('@cutout/opentelemetry'), tracer } = options;
  checkHas('meter', meter, 'addBatchObservableCallback');
  if (tracer !== undefined) checkHas('tracer', tracer, 'startSpan');
  const common = policy.name === undefined ? {} : { 'cutout.breaker.name': policy.name };
  const maxHosts = checkNumber('maxHosts', given['maxHosts'], POSITIVE_INTEGER, MAX_HOSTS);
  const labels = new HostLabels(maxHosts, checkFunction('hostLabel', options.hostLabel), common);
  const stopMetrics = observeMetrics(policy, meter, labels);
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
