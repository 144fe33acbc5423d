/** axios-retry beside this adapter: its attempts and ours would multiply, so ours take the place of its. */

import { report } from '@cutout/core/internal';
import type { InternalAxiosRequestConfig } from 'axios';

/** What axios-retry leaves on each config. Its response interceptor reads `retries` there. */
interface AxiosRetryState {
  retries: number;
}

let warned = false;

/** For a call that we would try again ourselves. */
export function takeOverFromAxiosRetry(config: InternalAxiosRequestConfig): void {
  const state = (config as { 'axios-retry'?: Partial<AxiosRetryState> })['axios-retry'];
  if (typeof state?.retries !== 'number' || state.retries === 0) return;
  state.retries = 0;
  if (!warned)
    report("[@cutout/axios] axios-retry's retries are overridden; give attachBreaker retry: false to keep them", '');
  warned = true;
}
