/** Formats numbers and times for the columns: short, and of constant width. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `45s`, `12m05s`, `3h07m`, `5d03h`, `120d`: at most six columns. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`;
  if (whole < HOUR) return twoUnits(whole, MINUTE, 'm', SECOND, 's');
  if (whole < DAY) return twoUnits(whole, HOUR, 'h', MINUTE, 'm');
  return whole < 100 * DAY ? twoUnits(whole, DAY, 'd', HOUR, 'h') : `${Math.floor(whole / DAY)}d`;
}

function twoUnits(ms: number, unit: number, name: string, part: number, partName: string): string {
  const parts = Math.floor((ms % unit) / part);
  return `${Math.floor(ms / unit)}${name}${String(parts).padStart(2, '0')}${partName}`;
}

/** The time left, rounded up to seconds: `4s`, then `due`. */
export function formatCountdown(ms: number): string {
  return ms <= 0 ? 'due' : formatDuration(Math.ceil(ms / SECOND) * SECOND);
}

/** `0`, `0.4`, `41`, `12.3k`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return '0';
  if (perSecond < 0.05) return '<0.1';
  if (perSecond < 9.95) return perSecond.toFixed(1);
  return formatCount(perSecond);
}

export function formatCount(count: number): string {
  if (count < 9_999.5) return String(Math.round(count));
  return count < 999_950 ? `${(count / 1_000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

/** `100`, `99.9`, `62`. 100 only if exact. */
export function formatPercent(percent: number | null): string {
  if (percent === null) return '-';
  if (percent >= 100 || percent < 10) return percent.toFixed(percent % 1 === 0 ? 0 : 1);
  return percent > 99 ? (Math.floor(percent * 10) / 10).toFixed(1) : String(Math.floor(percent));
}

/** `23ms`, `1.2s`, `75s`. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  return ms < 9_950 ? `${(ms / SECOND).toFixed(1)}s` : `${Math.round(ms / SECOND)}s`;
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The latest `steps` values as blocks; a gap is a space. Only 100 gets the highest block, so one failure is visible. */
export function formatSpark(percents: readonly (number | null)[], steps: number): string {
  const blocks = percents.slice(-steps).map(percent => (percent === null ? ' ' : blockOf(percent)));
  return blocks.join('').padStart(steps);
}

function blockOf(percent: number): string {
  const step = Math.floor((Math.min(100, Math.max(0, percent)) / 100) * (BLOCKS.length - 1));
  return BLOCKS[step] ?? ' ';
}

/** The local time of day. */
export function formatTimeOfDay(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
}
