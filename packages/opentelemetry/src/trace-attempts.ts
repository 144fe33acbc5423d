/** A child span of the caller's for each attempt, and a short one for each refusal. */

import { isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import { Harmless, handleRejection, show } from '@cutout/core/internal';
import type {
  AttemptObservation,
  HttpOutcome,
  HttpPolicy,
  HttpRequest,
  RefusedAttempt,
  StartedAttempt,
} from '@cutout/http';
import { hostAttributesOf } from '@cutout/http/series';
import { type Context, context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';

const harmless = new Harmless('[@cutout/opentelemetry] a span failed');

export function traceAttempts(policy: HttpPolicy, tracer: Tracer): () => void {
  // undici calls its handlers in the context of the attempt before, whose span would become the parent of the next.
  const callers = new WeakMap<HttpRequest, Context>();
  const callerOf = (request: HttpRequest): Context => callers.get(request) ?? context.active();
  return policy.observe({
    call: ({ request }) => {
      callers.set(request, context.active());
      return undefined;
    },
    attempt: started => {
      const caller = callerOf(started.request);
      return observationOf(startSpan(tracer, started, caller), caller);
    },
    refused: refusal => spanOfRefusal(tracer, refusal, callerOf(refusal.request)),
  });
}

/** Follows the conventions for HTTP clients: `resend_count` begins at 1. */
function startSpan(tracer: Tracer, { key, request, attempt, isHedge }: StartedAttempt, caller: Context): Span {
  const attributes = {
    ...hostAttributesOf(key),
    'http.request.method': request.method,
    'cutout.attempt': attempt,
    ...(attempt > 1 ? { 'http.request.resend_count': attempt - 1 } : {}),
    ...(isHedge ? { 'cutout.hedge': true } : {}),
  };
  return checked(tracer.startSpan(request.method, { kind: SpanKind.CLIENT, attributes }, caller));
}

/** Nothing was sent, so the span is not a client span. */
function spanOfRefusal(tracer: Tracer, { key, request, error }: RefusedAttempt, caller: Context): void {
  const attributes = { ...hostAttributesOf(key), 'http.request.method': request.method };
  const span = checked(tracer.startSpan(request.method, { kind: SpanKind.INTERNAL, attributes }, caller));
  fail(span, refusalType(error), error.message);
  harmless.call(() => span.end());
}

/** A promise in place of a span could reject and end the process. @throws TypeError for anything but a span. */
function checked(span: Span): Span {
  handleRejection(span);
  if (typeof span?.end === 'function') return span;
  throw new TypeError(`tracer.startSpan must return a span, got ${show(span)}`);
}

function observationOf(span: Span, caller: Context): AttemptObservation {
  const within = trace.setSpan(caller, span);
  return {
    run: send => context.with(within, send),
    end: outcome => {
      if (outcome) describe(span, outcome);
      else harmless.call(() => span.setAttribute('cutout.cancelled', true));
      harmless.call(() => span.end());
    },
  };
}

function describe(span: Span, { kind, status, error }: HttpOutcome): void {
  if (status !== undefined) harmless.call(() => span.setAttribute('http.response.status_code', status));
  if (kind !== 'status') fail(span, kind.replaceAll('-', '_'), error instanceof Error ? error.message : kind);
  else if (status !== undefined && status >= 400) fail(span, String(status));
}

function fail(span: Span, type: string, message?: string): void {
  harmless.call(() => span.setAttribute('error.type', type));
  harmless.call(() => span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) }));
}

function refusalType(error: Error): string {
  if (isCircuitOpenError(error)) return 'circuit_open';
  return isBulkheadFullError(error) ? 'bulkhead_full' : 'timeout';
}
