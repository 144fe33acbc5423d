/** A line per transition, and an alert if a circuit stays open. */

import { alertWhenOpen, logTransitions } from '@cutout/http';
import type { Attach } from './attachment.ts';

const ALERT_AFTER_MS = 1_000;

export const attach: Attach = policy => {
  let lines = 0;
  const write = (): void => {
    lines += 1;
  };
  const stopLog = logTransitions(policy, { info: write, warn: write });
  const stopAlert = alertWhenOpen(policy, { longerThanMs: ALERT_AFTER_MS, onAlert: write });
  return {
    seen: () => lines,
    stop: () => {
      stopLog();
      stopAlert();
    },
  };
};
