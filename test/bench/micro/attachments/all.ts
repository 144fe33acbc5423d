/** The attachments, by their name in the table. */

export const ATTACHMENTS = {
  'OpenTelemetry metrics': async () => (await import('./opentelemetry-metrics.ts')).attach,
  Prometheus: async () => (await import('./prometheus.ts')).attach,
  'log and alert': async () => (await import('./log-and-alert.ts')).attach,
  'diagnostics channels, no subscriber': async () => (await import('./diagnostics.ts')).attach,
  'OpenTelemetry traces': async () => (await import('./opentelemetry-traces.ts')).attach,
} as const;

export type AttachmentName = keyof typeof ATTACHMENTS;
