/** Formats numbers and times for the page. */

const SECOND = 1_000;
const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: SECOND },
] as const;

/** The placeholder for a missing value. */
export const NOTHING = '–';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A whole number: `5,000`. */
export function count(value: number): string {
  return value < 1_000 ? String(Math.round(value)) : grouped.format(value);
}

/** A rate per second: `0`, `0.4`, `12`, `1,234`, `120k`. */
export function rate(perSecond: number): string {
  if (perSecond <= 0) return '0';
  if (perSecond < 0.1) return '<0.1';
  if (perSecond < 9.95) return String(Number(perSecond.toFixed(1)));
  return perSecond < 100_000 ? count(perSecond) : `${count(perSecond / 1_000)}k`;
}

/** A percentage. Rounds to neither 0 nor 100 unless the value is exactly that. */
export function percent(value: number | null): string {
  if (value === null) return NOTHING;
  if (value >= 100 || value <= 0) return value <= 0 ? '0 %' : '100 %';
  if (value < 1) return '<1 %';
  return value < 99 ? `${Math.round(value)} %` : `${Math.floor(value * 10) / 10} %`;
}

/** A ratio from 0 to 1 as a percentage, likewise. */
export function share(part: number, whole: number): string {
  return percent(whole === 0 ? null : (100 * part) / whole);
}

export function latency(ms: number | null): string {
  if (ms === null) return NOTHING;
  return ms < SECOND ? `${Math.round(ms)} ms` : `${Number((ms / SECOND).toPrecision(2))} s`;
}

/** Two latencies: `10 / 95 ms`, `10 ms / 1.2 s`. */
export function latencies(lower: number | null, upper: number | null): string {
  if (lower === null || upper === null) return NOTHING;
  return upper < SECOND ? `${Math.round(lower)} / ${latency(upper)}` : `${latency(lower)} / ${latency(upper)}`;
}

/** A duration in its two largest units: `12 s`, `3 min 5 s`, `2 d 4 h`. A negative one is `0 s`. */
export function duration(ms: number): string {
  const rest = Math.max(0, Math.floor(ms / SECOND)) * SECOND;
  const first = UNITS.findIndex(unit => rest >= unit.ms);
  if (first === -1) return '0 s';
  return UNITS.slice(first, first + 2)
    .map(({ name, ms: unit }, n) => ({ name, value: n === 0 ? Math.floor(rest / unit) : remainder(rest, first, unit) }))
    .filter(({ value }) => value > 0)
    .map(({ name, value }) => `${value} ${name}`)
    .join(' ');
}

function remainder(ms: number, larger: number, unit: number): number {
  return Math.floor((ms % (UNITS[larger]?.ms ?? unit)) / unit);
}

/** A duration in its largest unit. */
export function ago(ms: number): string {
  const unit = UNITS.find(({ ms: length }) => ms >= length);
  return unit ? `${Math.floor(ms / unit.ms)} ${unit.name} ago` : 'just now';
}

/** Seconds left, rounded up. */
export function countdown(ms: number): string {
  return duration(Math.ceil(ms / SECOND) * SECOND);
}

/** The local time of day, with the date unless it is the day of `now`. */
export function timeOfDay(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toTimeString().slice(0, 8);
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getDate()} ${date.toLocaleString('en', { month: 'short' })} ${time}`;
}
