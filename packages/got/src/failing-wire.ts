/**
 * A stream has no second round in which a fallback could answer, and it is in its caller's hands already. So the request
 * on the wire emits the fallback's response to got, in place of its own error or of a failing response.
 */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Request } from 'got';
import { asError } from './as-error.ts';
import type { FallbackResponse } from './got-answer.ts';

/** Answers for a request that ends. */
export interface FailureOwner {
  /** The fallback's response in place of this one; undefined where it stands. */
  replaceResponse(response: IncomingMessage): Promise<FallbackResponse> | undefined;
  replaceError(error: Error): Promise<FallbackResponse> | undefined;
}

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

export function answerFailures(stream: Request, wire: ClientRequest, owner: FailureOwner): void {
  const emit = wire.emit.bind(wire) as Emit;
  let answered = false;
  let ended = false;
  const fail = (error: unknown): void => {
    // got waits for the rest of an answer where a connection is reset after its headers.
    Reflect.set(wire, 'res', undefined);
    emit('error', asError(error));
    // got 15 waits for it after the error of a connection.
    emit('close');
  };
  const answerBy = (asked: Promise<FallbackResponse>): boolean => {
    answered = true;
    asked.then(response => (stream.destroyed ? response.destroy() : emit('response', response)), fail);
    return true;
  };
  const replacementFor = (event: 'error' | 'response', arg: unknown): Promise<FallbackResponse> | undefined => {
    try {
      return event === 'error' ? owner.replaceError(arg as Error) : owner.replaceResponse(arg as IncomingMessage);
    } catch (error) {
      // Thrown here it would end the process.
      return Promise.reject(error);
    }
  };
  const filtered: Emit = (event, ...args) => {
    // Further events of the old connection are late.
    if (answered && (event === 'error' || event === 'response' || event === 'close')) return true;
    // A stream that its reader has destroyed takes its request along, which says nothing about the host.
    if (ended || stream.destroyed || (event !== 'error' && event !== 'response')) return emit(event, ...args);
    ended = true;
    const asked = replacementFor(event, args[0]);
    if (!asked) return emit(event, ...args);
    if (event === 'response') discard(args[0] as IncomingMessage);
    return answerBy(asked);
  };
  wire.emit = filtered as ClientRequest['emit'];
}

function discard(response: IncomingMessage): void {
  response.on('error', () => undefined).destroy();
}
