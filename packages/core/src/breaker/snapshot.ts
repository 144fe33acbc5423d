/** A circuit as JSON, to be taken up again by another process. */

import type { BreakerState } from '../common/breaker-state.ts';
import { at, checkNumber, checkObject, checkOneOf, show, WHOLE_NUMBER } from '../common/check.ts';
import { clean, type FailureSummary } from '../common/failure-summary.ts';

export interface BreakerSnapshot {
  readonly key: string;
  readonly state: BreakerState;
  /** Milliseconds until an open circuit becomes half-open; 0 in every other state. */
  readonly remainingMs: number;
  /** When it was taken, in milliseconds since 1970. */
  readonly takenAt: number;
  /** How many times in a row the circuit has opened. */
  readonly opens: number;
  /** Failures in a row of a closed circuit. Windows of a rate trip are not kept: they begin empty. */
  readonly failures: number;
  /** The failure that opened it. */
  readonly cause?: FailureSummary;
}

export interface RegistrySnapshot {
  readonly takenAt: number;
  /** Those that are not closed and clean. */
  readonly breakers: readonly BreakerSnapshot[];
}

const STATES = ['closed', 'open', 'half-open', 'isolated'] as const;
const MS = { min: 0, max: Number.MAX_VALUE, expected: 'a finite number of milliseconds of at least 0' };

/** @throws TypeError or RangeError for anything but a snapshot; the message names the path and the value. */
export function checkSnapshot(value: unknown, path = 'snapshot'): BreakerSnapshot {
  const given = checkObject(path, value, ['key', 'state', 'remainingMs', 'takenAt', 'opens', 'failures', 'cause']);
  const { key, cause } = given;
  if (typeof key !== 'string') throw new TypeError(`${at(path, 'key')} must be a string, got ${show(key)}`);
  return {
    key,
    state: checkOneOf(at(path, 'state'), given['state'], STATES),
    remainingMs: checkNumber(at(path, 'remainingMs'), given['remainingMs'], MS, 0),
    takenAt: checkNumber(at(path, 'takenAt'), given['takenAt'], MS),
    opens: checkNumber(at(path, 'opens'), given['opens'], WHOLE_NUMBER, 0),
    failures: checkNumber(at(path, 'failures'), given['failures'], WHOLE_NUMBER, 0),
    ...(cause === undefined ? {} : { cause: checkCause(at(path, 'cause'), cause) }),
  };
}

export function checkRegistrySnapshot(value: unknown): readonly BreakerSnapshot[] {
  const { breakers } = checkObject('snapshot', value, ['takenAt', 'breakers']);
  if (!Array.isArray(breakers)) throw new TypeError(`snapshot.breakers must be a list, got ${show(breakers)}`);
  return breakers.map((each, i) => checkSnapshot(each, `snapshot.breakers[${i}]`));
}

/** More openings in a row than any function of them can distinguish. */
const MOST_OPENS = 1_000;

/**
 * What a circuit can have come to whose longest open time is `longestMs`: a snapshot may come from a file that others can
 * write, and must not hold a host open for ever.
 */
export function clampSnapshot(snapshot: BreakerSnapshot, longestMs: number): BreakerSnapshot {
  const { remainingMs, opens } = snapshot;
  return { ...snapshot, remainingMs: Math.min(remainingMs, longestMs), opens: Math.min(opens, MOST_OPENS) };
}

/** Milliseconds that have passed since, by the wall clock: never more than was left, never less than none. */
export function elapsedMs({ takenAt, remainingMs }: BreakerSnapshot, epochNow: number): number {
  return Math.min(remainingMs, Math.max(0, epochNow - takenAt));
}

function checkCause(path: string, value: unknown): FailureSummary {
  const { name, message, code, status } = checkObject(path, value, ['name', 'message', 'code', 'status']);
  if (typeof name !== 'string' || typeof message !== 'string') {
    throw new TypeError(`${path} must have a name and a message, got ${show(value)}`);
  }
  return Object.freeze({
    name: clean(name),
    message: clean(message),
    ...(typeof code === 'string' ? { code: clean(code) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  });
}
