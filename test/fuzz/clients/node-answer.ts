/** An answer that is a Node stream. */

import { Readable } from 'node:stream';
import { type Answer, NOTHING } from './subject.ts';

/** Reads it like a caller who listens for errors. */
export function streamAnswer(stream: unknown): Answer {
  if (!(stream instanceof Readable)) return NOTHING;
  stream.on('error', () => undefined);
  const ended = new Promise(resolve => stream.once('close', resolve));
  return {
    read: () => {
      stream.resume();
      return stream.closed ? Promise.resolve() : ended;
    },
    half: async () => {
      await new Promise(resolve => stream.once('data', resolve).once('close', resolve));
      stream.destroy();
    },
    giveUp: () => void stream.destroy(),
  };
}
