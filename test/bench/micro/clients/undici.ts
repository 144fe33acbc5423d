/** undici's request and its fetch over an agent. */

import { breakerInterceptor } from '@cutout/undici';
import { Agent, type Dispatcher, request, fetch as undiciFetch } from 'undici';
import type { Client, Send } from './client.ts';
import { aroundCalls, seenEnd } from './peers.ts';

export const forRequest = over((url, dispatcher) => request(url, { dispatcher }).then(({ body }) => body.json()));
export const forUndiciFetch = over((url, dispatcher) =>
  undiciFetch(url, { dispatcher }).then(response => response.json()),
);

function over(send: (url: string, dispatcher: Dispatcher) => Promise<unknown>): (url: string) => Client {
  return url => {
    const agent = new Agent();
    const interceptor = breakerInterceptor();
    const by = (dispatcher: Dispatcher): Send => {
      return () => send(url, dispatcher);
    };
    const bare = by(agent);
    return {
      bare,
      guarded: by(agent.compose(interceptor)),
      policy: interceptor.policy,
      others: { floor: by(agent.compose(floor)), ...aroundCalls(bare) },
    };
  };
}

type Handler = Dispatcher.DispatchHandler;
type EventOf<N extends keyof Handler> = Parameters<NonNullable<Handler[N]>>;

function floor(dispatch: Dispatcher['dispatch']): Dispatcher['dispatch'] {
  return (options, handler) => dispatch(options, new FloorHandler(handler));
}

/** Passes each event on, and sees the two that end a request. */
class FloorHandler implements Handler {
  readonly #inner: Handler;

  constructor(inner: Handler) {
    this.#inner = inner;
  }

  onRequestStart(...args: EventOf<'onRequestStart'>): void {
    this.#inner.onRequestStart?.(...args);
  }

  onRequestUpgrade(...args: EventOf<'onRequestUpgrade'>): void {
    this.#inner.onRequestUpgrade?.(...args);
  }

  onResponseStart(...args: EventOf<'onResponseStart'>): void {
    this.#inner.onResponseStart?.(...args);
  }

  onResponseData(...args: EventOf<'onResponseData'>): void {
    this.#inner.onResponseData?.(...args);
  }

  onResponseEnd(...args: EventOf<'onResponseEnd'>): void {
    seenEnd();
    this.#inner.onResponseEnd?.(...args);
  }

  onResponseError(...args: EventOf<'onResponseError'>): void {
    seenEnd();
    this.#inner.onResponseError?.(...args);
  }
}
