/** OpenTelemetry's SDK with two readers: its own Prometheus exporter, and one that pushes. */

import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { parse, type Scraped, textOver } from './scrape.ts';

export class OpenTelemetry implements AsyncDisposable {
  readonly #scraped = new PrometheusExporter({ preventServerStart: true });
  readonly #pushed = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #pusher = new PeriodicExportingMetricReader({ exporter: this.#pushed, exportIntervalMillis: 3_600_000 });
  readonly #provider = new MeterProvider({ readers: [this.#scraped, this.#pusher] });
  readonly meter = this.#provider.getMeter('@cutout/opentelemetry');

  /** The content at the exporter's address. */
  async scrape(): Promise<Scraped[]> {
    const text = await textOver((request, response) => this.#scraped.getMetricsRequestHandler(request, response));
    return parse(text).filter(({ name }) => name !== 'target_info');
  }

  /** The pushed metrics, under the names that Prometheus derives on receipt. */
  async push(): Promise<Scraped[]> {
    this.#pushed.reset();
    await this.#pusher.forceFlush();
    const scopes = this.#pushed.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return scopes.flatMap(({ metrics }) => metrics).flatMap(received);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#provider.shutdown();
  }
}

/**
 * Implemented again here, so the packages are not checked against themselves.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
function received(metric: MetricData): Scraped[] {
  const { dataPointType, descriptor, dataPoints } = metric;
  const ofUnit = descriptor.unit === 's' ? '_seconds' : '';
  const ofKind = dataPointType === DataPointType.SUM && metric.isMonotonic ? '_total' : '';
  const name = `${descriptor.name.replaceAll(/\W/g, '_')}${ofUnit}${ofKind}`;
  return dataPoints.map(({ attributes, value }) => {
    const labels = Object.entries(attributes).map(([key, text]) => [key.replaceAll(/\W/g, '_'), String(text)]);
    return { name, labels: Object.fromEntries(labels), value: value as number };
  });
}
