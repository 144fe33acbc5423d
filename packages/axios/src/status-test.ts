/** `validateStatus`, which belongs to the application: it may throw, and be asynchronous by mistake. */

import axios, { type InternalAxiosRequestConfig } from 'axios';

type StatusTest = NonNullable<InternalAxiosRequestConfig['validateStatus']>;

export interface GuardedStatusTest {
  /** To be sent in place of the application's; undefined where axios' own is in force. */
  readonly test: StatusTest | undefined;
  /** What the application's threw. */
  readonly thrown: () => { readonly error: unknown } | undefined;
}

/** Where axios calls it in an event of a stream's, what it throws would end the process. */
export function guardedStatusTest({ validateStatus }: InternalAxiosRequestConfig): GuardedStatusTest {
  if (typeof validateStatus !== 'function' || validateStatus === axios.defaults.validateStatus)
    return { test: undefined, thrown: () => undefined };
  let thrown: { error: unknown } | undefined;
  const test: StatusTest = status => {
    try {
      return settled(validateStatus(status));
    } catch (error) {
      thrown = { error };
      return false;
    }
  };
  return { test, thrown: () => thrown };
}

const REFUSED_STATUS = /^Request failed with status code \d/;

/** Whether axios takes the status, so that an error which carries it is about something else. */
export function isAccepted(config: InternalAxiosRequestConfig, status: number, error: unknown): boolean {
  const { message } = error as { message?: unknown };
  return !REFUSED_STATUS.test(String(message)) && accepts(config, status);
}

/** @returns whether `validateStatus` takes the status; true where it throws. */
export function accepts({ validateStatus }: InternalAxiosRequestConfig, status: number): boolean {
  try {
    return typeof validateStatus !== 'function' || Boolean(settled(validateStatus(status)));
  } catch {
    return true;
  }
}

/** A promise counts as true, for axios too. Its rejection is of no use to anyone. */
function settled<T>(answer: T): T {
  (answer as { then?(...steps: unknown[]): unknown } | null)?.then?.(undefined, () => undefined);
  return answer;
}
