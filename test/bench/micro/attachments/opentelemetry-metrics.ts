/** Metrics through OpenTelemetry's own SDK, exported to memory. */

import { instrument } from '@cutout/opentelemetry';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { type Attach, READ_EVERY_MS } from './attachment.ts';

export const attach: Attach = policy => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const every = { exportIntervalMillis: READ_EVERY_MS, exportTimeoutMillis: READ_EVERY_MS };
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, ...every })] });
  const stop = instrument(policy, { meter: provider.getMeter('bench') });
  return {
    seen: () => exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics).length,
    stop: () => {
      stop();
      return provider.shutdown();
    },
  };
};
