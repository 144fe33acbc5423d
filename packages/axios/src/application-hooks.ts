/** The application's functions that axios calls within an attempt: they may throw, and be asynchronous by mistake. */

import axios, { type InternalAxiosRequestConfig } from 'axios';

type Hooks = Pick<InternalAxiosRequestConfig, 'validateStatus' | 'paramsSerializer'>;
type Hook = (...all: never[]) => unknown;

export interface WatchedHooks {
  /** To be sent in place of the application's own. Empty where there are none. */
  readonly changes: Partial<Hooks>;
  /** What one of them threw. */
  readonly thrown: () => { readonly error: unknown } | undefined;
}

export function watchHooks({ validateStatus, paramsSerializer }: Hooks): WatchedHooks {
  let thrown: { error: unknown } | undefined;
  const note = (error: unknown): void => {
    thrown ??= { error };
  };
  return {
    changes: {
      ...(isOwn(validateStatus) ? { validateStatus: refusing(validateStatus, note) } : {}),
      ...(paramsSerializer ? { paramsSerializer: watchSerializer(paramsSerializer, note) } : {}),
    },
    thrown: () => thrown,
  };
}

/** Whether axios takes the status, so that an error which carries it is about something else. */
export function isAccepted(config: InternalAxiosRequestConfig, status: number, error: unknown): boolean {
  const { message } = error as { message?: unknown };
  return !REFUSED_STATUS.test(String(message)) && accepts(config, status);
}

const REFUSED_STATUS = /^Request failed with status code \d/;

/** Whether `validateStatus` takes the status; true where it throws. */
export function accepts({ validateStatus }: InternalAxiosRequestConfig, status: number): boolean {
  try {
    return typeof validateStatus !== 'function' || Boolean(settled(validateStatus(status)));
  } catch {
    return true;
  }
}

/** Gives back what it is given. A promise in place of a value goes its way, but its rejection must not end the process. */
export function settled<T>(answer: T): T {
  if (typeof (answer as { then?: unknown } | null | undefined)?.then === 'function')
    Promise.resolve(answer).catch(() => undefined);
  return answer;
}

type StatusTest = NonNullable<Hooks['validateStatus']>;

function isOwn(test: Hooks['validateStatus']): test is StatusTest {
  return typeof test === 'function' && test !== axios.defaults.validateStatus;
}

/** Axios calls it in an event of a stream's: what it throws there would end the process. */
function refusing(test: StatusTest, note: (error: unknown) => void): StatusTest {
  return status => {
    try {
      return settled(test(status));
    } catch (error) {
      note(error);
      return false;
    }
  };
}

type Serializer = NonNullable<Hooks['paramsSerializer']>;

/** Older versions take a function in place of the object. */
function watchSerializer(serializer: Serializer, note: (error: unknown) => void): Serializer {
  if (typeof serializer === 'function') return noting(serializer as Hook, note) as never;
  const watched = Object.entries(serializer).map(([name, value]) => [
    name,
    typeof value === 'function' ? noting(value as Hook, note) : value,
  ]);
  return Object.fromEntries(watched);
}

function noting(hook: Hook, note: (error: unknown) => void): Hook {
  return function (this: unknown, ...all) {
    try {
      return settled(hook.apply(this, all));
    } catch (error) {
      note(error);
      throw error;
    }
  };
}
