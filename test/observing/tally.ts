/** Counts the events of sequential calls, as simply as possible. */

import type { HttpEvent } from '@cutout/http';

/** By name and labels as {@link comparable} writes them, without zeros. `now` is in the breaker's clock. */
export function tally(events: readonly HttpEvent[], now: number): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string, value = 1): void => {
    counts[name] = (counts[name] ?? 0) + value;
  };
  let state = 'closed';
  let since = 0;
  let hasRetried = false;
  const endCall = (outcome: string): void => {
    add(`cutout_retry_calls_total cutout_outcome=${outcome}`);
    hasRetried = false;
  };
  const leave = (at: number): void => {
    if (state === 'open') add('cutout_breaker_open_time_seconds_total', (at - since) / 1_000);
  };
  for (const event of events) {
    if (event.type === 'transition') {
      const { from, to, reason } = event;
      leave(event.at);
      [state, since] = [to, event.at];
      add(labelled(`cutout_breaker_transitions_total cutout_from=${from} cutout_reason=${reason} cutout_to=${to}`));
    }
    // Good headers have one event, and the end of the body another.
    if (event.type === 'outcome' && event.stage !== 'body') {
      const outcome = event.verdict === 'ignore' ? 'ignored' : event.verdict;
      add(`cutout_breaker_calls_total cutout_outcome=${outcome}`);
      if (outcome === 'success') endCall(hasRetried ? 'after_retry' : 'first_try');
      if (outcome === 'ignored') endCall('ignored');
    }
    if (event.type === 'rejected') {
      add('cutout_breaker_calls_total cutout_outcome=rejected');
      endCall('refused');
    }
    if (event.type === 'retry') {
      add('cutout_retries_total');
      hasRetried = true;
    }
    if (event.type === 'retry-refused') {
      add(labelled(`cutout_retries_refused_total cutout_reason=${event.reason}`));
      endCall('failed');
    }
  }
  leave(now);
  add(labelled(`cutout_breaker_status cutout_breaker_state=${state}`));
  // While closed, the last scripted call is a success, so the utilization is 0.
  if (state !== 'closed') add('cutout_breaker_failure_utilization');
  return counts;
}

function labelled(words: string): string {
  return words.replaceAll('-', '_');
}
