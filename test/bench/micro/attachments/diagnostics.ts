/** Diagnostics channels without subscribers. */

import { publishDiagnostics } from '@cutout/diagnostics';
import type { Attach } from './attachment.ts';

export const attach: Attach = policy => ({ stop: publishDiagnostics(policy) });
