/**
 * Sees how a response's body ends, while the caller keeps the very same Response. The reading methods are shadowed by
 * own, non-enumerable ones; from the first access to `body`, so are those of its stream.
 */

import type { BodyWatch } from '@cutout/http';
import { observeStream } from './observe-stream.ts';

const watches = new WeakMap<Response, BodyWatch>();

/** Tells `watch` how the body of `response` ends, if anyone reads it. */
export function observeBody(response: Response, watch: BodyWatch): void {
  if (!Object.isExtensible(response)) return;
  watches.set(response, watch);
  Object.defineProperties(response, shadows);
}

type ReadName = 'text' | 'json' | 'arrayBuffer' | 'blob' | 'bytes' | 'formData';
const READS: readonly ReadName[] = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'];

/** The same for every response, so that observing one makes no closures. */
const shadows: PropertyDescriptorMap = {
  ...Object.fromEntries(READS.map(name => [name, shadow(reading(name))])),
  clone: shadow(function clone(this: Response): Response {
    const copy = native(this).clone.call(this);
    const watch = watches.get(this);
    if (watch) observeBody(copy, watch);
    return copy;
  }),
  body: {
    configurable: true,
    enumerable: false,
    get(this: Response): ReadableStream | null {
      const stream = Reflect.get(native(this), 'body', this) as ReadableStream | null;
      const watch = watches.get(this);
      if (stream && watch) observeStream(stream, watch);
      return stream;
    },
  },
};

function reading(name: ReadName): (this: Response) => Promise<unknown> {
  return {
    [name](this: Response): Promise<unknown> {
      const read = native(this)[name] as () => Promise<unknown>;
      const watch = watches.get(this);
      // A body that is used or locked already is the caller's mistake; fetch says so itself.
      if (!watch || this.bodyUsed || this.body?.locked) return read.call(this);
      return read.call(this).then(
        value => {
          watch.whole();
          return value;
        },
        error => {
          tellFailedRead(watch, name, error);
          throw error;
        },
      );
    },
  }[name] as (this: Response) => Promise<unknown>;
}

/** What cannot be parsed has arrived. */
function tellFailedRead(watch: BodyWatch, name: ReadName, error: unknown): void {
  if (name === 'json' && error instanceof SyntaxError) watch.whole();
  else watch.broken(error);
}

function native(response: Response): Response {
  return Object.getPrototypeOf(response) as Response;
}

function shadow(value: (this: Response) => unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: false, writable: true };
}
