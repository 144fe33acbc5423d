/** A span per attempt, in batches to an exporter that discards them. */

import { instrument } from '@cutout/opentelemetry';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { type Attach, READ_EVERY_MS } from './attachment.ts';

export const attach: Attach = policy => {
  let spans = 0;
  const exporter: SpanExporter = {
    export: (batch, done) => {
      spans += batch.length;
      done({ code: 0 });
    },
    shutdown: async () => undefined,
  };
  const processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: READ_EVERY_MS });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const stop = instrument(policy, { tracer: provider.getTracer('bench') });
  return {
    seen: () => spans,
    stop: () => {
      stop();
      context.disable();
      return provider.shutdown();
    },
  };
};
