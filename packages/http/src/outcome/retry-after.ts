/** The wait that a server requests. */

import type { HeaderReader } from './request.ts';

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = '\\d{2}:\\d{2}:\\d{2}';
/** The three forms of RFC 9110 section 5.6.7. `Date.parse` alone would take far too much for a date. */
const IMF_FIXDATE = new RegExp(`^${DAY}, \\d{2} ${MONTH} \\d{4} ${TIME} GMT$`);
const RFC_850 = new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-(${MONTH})-(\\d{2}) (${TIME}) GMT$`);
const ASCTIME = new RegExp(`^${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`);

/** The standard has whole seconds; some servers send a fraction, and a retry before its end comes too early. */
const SECONDS = /^\d+(?:\.\d+)?$/;

const LONGEST = 64;
/** A RateLimit-Reset from this value on is an epoch time: the draft means a delay, some servers send a date. */
const EPOCH_SECONDS = 1e9;

/**
 * Milliseconds of the wait that the response requests: `Retry-After` in seconds or as a date, else, on a 429,
 * `RateLimit-Reset`. Undefined where there is none, or it is in the past, malformed, or given twice.
 * A date is read against the response's own `Date`, so that a wrong clock on either side does no harm.
 */
export function retryAfterMs(headers: HeaderReader, status: number, epochNow?: number): number | undefined {
  const retryAfter = trimmed(headers.get('retry-after'));
  const reset = status === 429 ? trimmed(headers.get('ratelimit-reset')) : null;
  if (retryAfter === null && reset === null) return undefined;
  const now = dateIn(trimmed(headers.get('date'))) ?? epochNow ?? Date.now();
  return parseRetryAfter(retryAfter, now) ?? parseRateLimitReset(reset, now);
}

function parseRetryAfter(value: string | null, now: number): number | undefined {
  const seconds = parseSeconds(value);
  if (seconds !== undefined) return seconds * 1_000;
  const date = dateIn(value);
  return date === undefined || date < now ? undefined : date - now;
}

function parseRateLimitReset(value: string | null, now: number): number | undefined {
  const seconds = parseSeconds(value);
  if (seconds === undefined) return undefined;
  const ms = seconds >= EPOCH_SECONDS ? seconds * 1_000 - now : seconds * 1_000;
  return ms < 0 ? undefined : ms;
}

/** Spaces around a value are no part of it, by RFC 9110 section 5.5. Some clients leave them there. */
function trimmed(value: string | null): string | null {
  return value === null ? null : value.trim();
}

function parseSeconds(value: string | null): number | undefined {
  return value !== null && value.length <= LONGEST && SECONDS.test(value) ? Number(value) : undefined;
}

function dateIn(value: string | null): number | undefined {
  if (value === null || value.length > LONGEST) return undefined;
  const text = IMF_FIXDATE.test(value) ? value : ASCTIME.test(value) ? `${value} GMT` : fromRfc850(value);
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A year of two digits that looks more than 50 years ahead is in the past century, as RFC 9110 has it. */
function fromRfc850(value: string): string | undefined {
  const [, day, month, shortYear, time] = RFC_850.exec(value) ?? [];
  if (!shortYear) return undefined;
  const thisYear = new Date().getUTCFullYear();
  const year = Math.floor(thisYear / 100) * 100 + Number(shortYear);
  return `${day} ${month} ${year > thisYear + 50 ? year - 100 : year} ${time} GMT`;
}
