export {
  type CallMessage,
  publishDiagnostics,
  type RejectedMessage,
  type RetryMessage,
} from './publish-diagnostics.ts';
