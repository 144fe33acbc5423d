/** undici's two generations of handlers, brought to one. */

/** What a dispatcher hands its handler to steer a request by. */
export interface Controller {
  readonly aborted: boolean;
  readonly reason: Error | null;
  readonly paused: boolean;
  readonly rawHeaders?: Buffer[] | string[] | null | undefined;
  readonly rawTrailers?: Buffer[] | string[] | null | undefined;
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

/** A handler of either generation as one of the present. Methods are called on the handler itself, which has a state. */
export function asHandler(handler: Handler | LegacyHandler): Handler {
  return 'onRequestStart' in handler && typeof handler.onRequestStart === 'function'
    ? (handler as Handler)
    : fromLegacy(handler as LegacyHandler);
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

function flat(fields: HeaderFields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => [value ?? []].flat().flatMap(each => [name, each]));
}

/**
 * What goes down to the dispatcher: a handler of both generations at once, so that it does not matter which one the
 * dispatcher below speaks.
 */
export function speakingBoth(handler: Required<Handler>): Handler & LegacyHandler {
  let controller: LegacyController | undefined;
  return {
    ...handler,
    onConnect: (abort, context) => {
      controller = new LegacyController(abort);
      handler.onRequestStart(controller, context);
    },
    onUpgrade: (status, headers, socket) => {
      handler.onRequestUpgrade(controller as Controller, status, parse(headers ?? []), socket);
    },
    onHeaders: (status, headers, resume, statusText) => {
      (controller as LegacyController).answered(headers, resume);
      handler.onResponseStart(controller as Controller, status, parse(headers), statusText);
      return !controller?.paused;
    },
    onData: chunk => {
      handler.onResponseData(controller as Controller, chunk);
      return !controller?.paused;
    },
    onComplete: trailers => handler.onResponseEnd(controller as Controller, parse(trailers ?? [])),
    onError: error => handler.onResponseError(controller ?? null, error),
  };
}

class LegacyController implements Controller {
  aborted = false;
  reason: Error | null = null;
  paused = false;
  rawHeaders: Buffer[] | string[] | null = null;
  readonly #abort: (reason?: Error) => void;
  #resume: () => void = () => undefined;

  constructor(abort: (reason?: Error) => void) {
    this.#abort = abort;
  }

  answered(headers: Buffer[] | string[], resume: () => void): void {
    this.rawHeaders = headers;
    this.#resume = resume;
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.#abort(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#resume();
  }
}

function parse(raw: readonly (Buffer | string)[]): HeaderFields {
  const fields: HeaderFields = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]).toLowerCase();
    const value = raw[i + 1]?.toString('latin1' as never) ?? '';
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
