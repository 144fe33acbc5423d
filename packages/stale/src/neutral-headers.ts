/** The request headers that are known not to identify the sender of a request: any other one may. */

const NEUTRAL = new Set([
  // Content negotiation (RFC 9110 section 12.5).
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'accept-datetime',
  'save-data',
  // The message and its connection. `Host` chooses the site, not the caller.
  'connection',
  'content-encoding',
  'content-language',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'max-forwards',
  'priority',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'upgrade-insecure-requests',
  // Caches, conditions and parts.
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'range',
  // What a browser or a program adds of its own.
  'dnt',
  'early-data',
  'idempotency-key',
  'origin',
  'purpose',
  'referer',
  'sec-gpc',
  'sec-purpose',
  'user-agent',
  'x-requested-with',
  // Numbers of one request, for traces. Not `baggage`, which may name a user.
  'b3',
  'request-id',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-cloud-trace-context',
  'x-correlation-id',
  'x-request-id',
]);

const NEUTRAL_GROUPS = /^(sec-fetch|sec-ch-ua|x-b3|x-datadog)(-|$)/;

/** Whether a header may identify the sender of a request. */
export function mayIdentify(name: string): boolean {
  const lower = name.toLowerCase();
  return !NEUTRAL.has(lower) && !NEUTRAL_GROUPS.test(lower);
}
