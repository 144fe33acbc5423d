/** Sees each request on the wire, and the end of the call, without standing between got and its caller. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { type BodyTracker, onAbort, watchPiped } from '@cutout/http/adapter';
import type { GotReturn, Options, Request } from 'got';
import { isReadFailure } from './attempt-trace.ts';
import { answerFailures } from './failing-wire.ts';
import type { GotDriver } from './got-driver.ts';
import { StandIn } from './transport.ts';

/** What became of a call that went on in a stream of its own. */
export type Followed = (next: Request) => void;

/** `again`: guards a stream that the application makes for a retry once the call is over. */
export function follow<T extends GotReturn>(result: T, options: Options, driver: GotDriver, again: Followed): T {
  if (options.body) driver.bodyState.watch(watchPiped(options.body).failed);
  if (options.isStream) followStream(result as Request, options, driver, again);
  else followPromise(result as Promise<unknown>, driver);
  return result;
}

function followPromise(result: Promise<unknown>, driver: GotDriver): void {
  (result as unknown as Request).on('request', (wire: ClientRequest) => {
    if (!(wire instanceof StandIn)) driver.onWire(wire, () => false);
  });
  const end = (error?: Error): void => {
    driver.end(error, error === undefined);
    driver.unlink();
  };
  result.then(() => end(), end);
}

function followStream(stream: Request, options: Options, driver: GotDriver, again: Followed): void {
  let body: BodyTracker | undefined;
  let failure: Error | undefined;
  let isFollowed = false;
  followRequests(stream, options, driver);
  stream.on('response', (response: IncomingMessage) => {
    body = driver.handedOut(response);
  });
  // While a `beforeError` hook runs, got no longer follows its signal.
  const stop = onAbort(driver.signal, () => {
    setImmediate(() => {
      if (!stream.destroyed) stream.destroy(driver.signal?.reason as Error);
    });
  });
  stream.once('close', stop);
  // A signal that outlives the stream keeps nothing of it.
  const unlink = (): void => {
    if (stream.readableEnded && stream.writableFinished) driver.unlink();
  };
  stream.once('end', () => {
    body?.whole();
    unlink();
  });
  stream.once('finish', unlink);
  stream.once('error', (error: Error) => {
    failure = error;
    if (isReadFailure(error)) body?.broken(error);
  });
  // A stream that is destroyed by its reader, with an error or without, was given up.
  stream.once('close', () => {
    body?.cancelled();
    if (isFollowed) return;
    driver.end(failure);
    driver.unlink();
  });
  onRetry(stream, next => {
    isFollowed = !driver.ended;
    if (isFollowed) followStream(next, next.options, driver, again);
    else again(next);
  });
}

/** What got sends for the stream, until it is answered. */
function followRequests(stream: Request, options: Options, driver: GotDriver): void {
  stream.on('pipe', source => driver.bodyState.watch(watchPiped(source).failed));
  stream.on('request', (wire: ClientRequest) => {
    if (wire instanceof StandIn) return;
    driver.onWire(wire, () => stream.destroyed);
    // Where got's `retry` event is listened for, another stream follows; a cache would keep the fallback's response.
    const isLast = !options.cache && stream.listenerCount('retry') === 0;
    if (isLast && driver.mayReplace) answerFailures(stream, wire, driver);
  });
  stream.on('upgrade', () => {
    if (stream.listenerCount('upgrade') > 1) driver.switched();
  });
}

type MakeStream = (options?: unknown) => Request;

/** got allows one listener for `retry`, and retries only where there is one: so that it cannot be ours. */
function onRetry(stream: Request, seen: Followed): void {
  const emit = stream.emit.bind(stream) as (event: string | symbol, ...args: unknown[]) => boolean;
  const emitting = (event: string | symbol, ...args: unknown[]): boolean => {
    // It is no request of the application's.
    if (event === 'request' && args[0] instanceof StandIn) return true;
    if (event !== 'retry') return emit(event, ...args);
    const [count, error, make] = args as [number, Error, MakeStream];
    return emit(event, count, error, (options?: unknown) => {
      const next = make(options);
      seen(next);
      return next;
    });
  };
  Object.defineProperty(stream, 'emit', { value: emitting, configurable: true, writable: true });
}
