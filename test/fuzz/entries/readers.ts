/** The options of the policy's readers: OpenTelemetry, Prometheus, the dashboard. */

import type { DashboardOptions } from '@cutout/dashboard';
import type { InstrumentOptions } from '@cutout/opentelemetry';
import type { CollectOptions } from '@cutout/prometheus';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { type EntriesOf, hook, integer, oneOf, seldom, value } from '../entry.ts';

/** Created per run. */
const unset = seldom(value(() => undefined));

const SERIES = { maxHosts: integer(1, 3), hostLabel: hook((key: string) => key) };

export const INSTRUMENT = {
  ...SERIES,
  meter: unset,
  tracer: oneOf([new BasicTracerProvider().getTracer('fuzz')]),
} satisfies EntriesOf<InstrumentOptions>;

export const COLLECT = { ...SERIES, registry: unset } satisfies EntriesOf<CollectOptions>;

export const DASHBOARD = {
  token: oneOf(['a token of the fuzz']),
  title: oneOf(['fuzz', '<b>']),
  onAction: hook(() => undefined),
} satisfies EntriesOf<DashboardOptions>;
