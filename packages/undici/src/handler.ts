/** undici's two generations of handlers, brought to one. */

/** What a dispatcher hands its handler to steer a request by. */
export interface Controller {
  readonly aborted: boolean;
  readonly reason: Error | null;
  readonly paused: boolean;
  /** Set by interceptors, too. */
  rawHeaders?: Buffer[] | string[] | null | undefined;
  rawTrailers?: Buffer[] | string[] | null | undefined;
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

export type HeaderFields = Record<string, string | string[] | undefined>;

/** The present generation: undici 7 and 8. */
export interface Handler {
  onRequestStart?(controller: Controller, context: unknown): void;
  onRequestUpgrade?(controller: Controller, status: number, headers: HeaderFields, socket: unknown): void;
  onResponseStart?(controller: Controller, status: number, headers: HeaderFields, statusText?: string): void;
  onResponseData?(controller: Controller, chunk: Buffer): void;
  onResponseEnd?(controller: Controller, trailers: HeaderFields): void;
  onResponseError?(controller: Controller | null, error: Error): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
  onResponseStarted?(): void;
}

/** The one before: undici 6, and with it the fetch that is built into Node 22 and 24. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): void;
  onUpgrade?(status: number, headers: Buffer[] | string[] | null, socket: unknown): void;
  onHeaders?(status: number, headers: Buffer[] | string[], resume: () => void, statusText: string): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: string[] | null): void;
  onError?(error: Error): void;
  onBodySent?(chunk: unknown): void;
  onRequestSent?(): void;
  onResponseStarted?(): void;
}

/**
 * A handler of either generation as one of the present. Methods are called on the handler itself, which has a state.
 * Undefined for one that lacks a method of its generation: undici itself must throw its error.
 */
export function asHandler(handler: unknown, isTunnel: boolean): Handler | undefined {
  if (typeof handler !== 'object' || handler === null) return undefined;
  if (isPresent(handler, isTunnel)) return handler;
  return isLegacy(handler, isTunnel) ? fromLegacy(handler) : undefined;
}

/** As undici 8 demands it. */
function isPresent(handler: Handler, isTunnel: boolean): boolean {
  if (typeof handler.onRequestStart !== 'function' || typeof handler.onResponseError !== 'function') return false;
  if (isTunnel) return typeof handler.onRequestUpgrade === 'function';
  return (
    typeof handler.onResponseStart === 'function' &&
    typeof handler.onResponseData === 'function' &&
    typeof handler.onResponseEnd === 'function'
  );
}

/** As undici 7 demands it of the generation before. */
function isLegacy(handler: LegacyHandler, isTunnel: boolean): boolean {
  if (typeof handler.onConnect !== 'function' || typeof handler.onError !== 'function') return false;
  if (isTunnel) return typeof handler.onUpgrade === 'function';
  return (
    typeof handler.onHeaders === 'function' &&
    typeof handler.onData === 'function' &&
    typeof handler.onComplete === 'function'
  );
}

function fromLegacy(handler: LegacyHandler): Handler {
  return {
    onRequestStart: (controller, context) => handler.onConnect?.(reason => controller.abort(reason as Error), context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      handler.onUpgrade?.(status, rawOf(controller, headers), socket),
    onResponseStart: (controller, status, headers, statusText = '') => {
      const more = handler.onHeaders?.(status, rawOf(controller, headers), () => controller.resume(), statusText);
      if (more === false) controller.pause();
    },
    onResponseData: (controller, chunk) => {
      if (handler.onData?.(chunk) === false) controller.pause();
    },
    onResponseEnd: (controller, trailers) =>
      handler.onComplete?.((controller.rawTrailers ?? flat(trailers)) as string[]),
    onResponseError: (_controller, error) => handler.onError?.(error),
    onBodySent: chunk => handler.onBodySent?.(chunk),
    onRequestSent: () => handler.onRequestSent?.(),
    onResponseStarted: () => handler.onResponseStarted?.(),
  };
}

function rawOf(controller: Controller, headers: HeaderFields): Buffer[] {
  return (controller.rawHeaders as Buffer[] | undefined) ?? flat(headers).map(text => Buffer.from(text, 'latin1'));
}

/** Names and values in turn. */
export function flat(fields: HeaderFields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => [value ?? []].flat().flatMap(each => [name, each]));
}

/** A hook may throw nothing at all, and a handler such as undici's own for retries reads members of its error. */
export function asError(error: unknown): Error {
  return (
    (error as Error | undefined) ?? new Error(`[@cutout/undici] the call ended with ${error} in place of an error`)
  );
}
