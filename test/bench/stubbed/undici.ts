/** undici's `request` over a dispatcher that answers within `dispatch`. */

import { breakerInterceptor } from '@cutout/undici';
import { Dispatcher, request } from 'undici';
import { BODY, down, HEADERS, type Send, type Stubbed, type StubbedOptions, URL_TEXT } from './stubbed.ts';

const CHUNK = Buffer.from(BODY);
const RAW_HEADERS = Object.entries(HEADERS)
  .flat()
  .map(text => Buffer.from(text));

/** What undici hands to a handler for one request. */
class StubController implements Dispatcher.DispatchController {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly rawHeaders = RAW_HEADERS;
  readonly rawTrailers = [];
  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

class StubDispatcher extends Dispatcher {
  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const controller = new StubController();
    handler.onRequestStart?.(controller, null);
    handler.onResponseStart?.(controller, 200, { ...HEADERS }, 'OK');
    handler.onResponseData?.(controller, CHUNK);
    handler.onResponseEnd?.(controller, {});
    return true;
  }
}

class FailingDispatcher extends Dispatcher {
  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onResponseError?.(new StubController(), down());
    return true;
  }
}

export function stubbedUndici(options: StubbedOptions): Stubbed {
  const stub = new StubDispatcher();
  const interceptor = breakerInterceptor(options);
  const by =
    (dispatcher: Dispatcher): Send =>
    async () =>
      (await request(URL_TEXT, { dispatcher })).body.json();
  return {
    bare: by(stub),
    guarded: by(stub.compose(interceptor)),
    failing: by(new FailingDispatcher()),
    policy: interceptor.policy,
  };
}
