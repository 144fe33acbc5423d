/** Readers of a policy: attached, and read once. */

import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { createDashboard } from '@cutout/dashboard';
import type { HttpPolicy } from '@cutout/http';
import { instrument } from '@cutout/opentelemetry';
import { collectMetrics } from '@cutout/prometheus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Registry } from 'prom-client';

export interface Reader {
  /** Reads once, so every hook of a reading is called. */
  read(): Promise<unknown>;
  stop(): void;
}

type Fields = Readonly<Record<string, unknown>>;

const NEVER_MS = 3_600_000;

/** @throws TypeError or RangeError for invalid options. */
export const READERS = {
  instrument(policy: HttpPolicy, options: Fields): Reader {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER_MS });
    const provider = new MeterProvider({ readers: [reader] });
    const close = (): void => void provider.shutdown().catch(() => undefined);
    try {
      const stop = instrument(policy, { meter: provider.getMeter('fuzz') as never, ...options });
      return {
        read: () => reader.collect(),
        stop: () => {
          stop();
          close();
        },
      };
    } catch (error) {
      close();
      throw error;
    }
  },
  collect(policy: HttpPolicy, options: Fields): Reader {
    const registry = new Registry();
    const stop = collectMetrics(policy, { registry, ...options });
    return { read: () => registry.metrics(), stop };
  },
  dashboard(policy: HttpPolicy, options: Fields): Reader {
    const dashboard = createDashboard(policy, options);
    const visit = (method: string, query: string): void => {
      const request = Object.assign(new IncomingMessage(new Socket()), {
        method,
        url: `/?${query}`,
        headers: { authorization: `Bearer ${options['token']}` },
      });
      dashboard(request, new ServerResponse(request));
    };
    const read = async (): Promise<void> => {
      visit('GET', '');
      visit('GET', 'format=json');
      for (const { key } of policy.metrics().keys) visit('POST', `action=reset&id=${encodeURIComponent(`0 ${key}`)}`);
    };
    return { read, stop: () => dashboard.close() };
  },
};

export type ReaderName = keyof typeof READERS;
export const READER_NAMES = Object.keys(READERS) as ReaderName[];
