/** A span for each attempt under the caller's own, and a short one for each refusal. */

import { isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import type { AttemptObservation, HttpOutcome, HttpPolicy, StartedAttempt } from '@cutout/http';
import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { attributesOf } from './host-labels.ts';

export function traceAttempts(policy: HttpPolicy, tracer: Tracer): () => void {
  return policy.observe({
    attempt: started => observationOf(startSpan(tracer, started)),
    refused: ({ key, request, error }) => {
      const attributes = { ...attributesOf(key), 'http.request.method': request.method };
      fail(
        tracer.startSpan(request.method, { kind: SpanKind.INTERNAL, attributes }),
        refusalType(error),
        error.message,
      ).end();
    },
  });
}

/** By the conventions for HTTP clients; the count of a request that is sent again begins at 1. */
function startSpan(tracer: Tracer, { key, request, attempt, isHedge }: StartedAttempt): Span {
  const attributes = {
    ...attributesOf(key),
    'http.request.method': request.method,
    'cutout.attempt': attempt,
    ...(attempt > 1 ? { 'http.request.resend_count': attempt - 1 } : {}),
    ...(isHedge ? { 'cutout.hedge': true } : {}),
  };
  return tracer.startSpan(request.method, { kind: SpanKind.CLIENT, attributes });
}

function observationOf(span: Span): AttemptObservation {
  const within = trace.setSpan(context.active(), span);
  return {
    run: send => context.with(within, send),
    end: outcome => {
      if (outcome) describe(span, outcome);
      else span.setAttribute('cutout.cancelled', true);
      span.end();
    },
  };
}

function describe(span: Span, { kind, status, error }: HttpOutcome): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (kind !== 'status') fail(span, kind.replaceAll('-', '_'), error instanceof Error ? error.message : kind);
  else if (status !== undefined && status >= 400) fail(span, String(status));
}

function fail(span: Span, type: string, message?: string): Span {
  return span
    .setAttribute('error.type', type)
    .setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

function refusalType(error: Error): string {
  if (isCircuitOpenError(error)) return 'circuit_open';
  return isBulkheadFullError(error) ? 'bulkhead_full' : 'timeout';
}
