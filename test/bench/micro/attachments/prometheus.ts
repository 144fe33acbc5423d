/** Metrics in a registry of prom-client, which is scraped. */

import { collectMetrics } from '@cutout/prometheus';
import { Registry } from 'prom-client';
import { type Attach, READ_EVERY_MS } from './attachment.ts';

export const attach: Attach = policy => {
  const registry = new Registry();
  const stop = collectMetrics(policy, { registry });
  let bytes = 0;
  const scrape = async (): Promise<void> => {
    bytes += (await registry.metrics()).length;
  };
  const timer = setInterval(scrape, READ_EVERY_MS);
  return {
    seen: () => bytes,
    stop: () => {
      clearInterval(timer);
      stop();
    },
  };
};
