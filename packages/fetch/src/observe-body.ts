/**
 * Sees how a response's body ends, while the caller keeps the very same Response. The reading methods are shadowed by
 * own, non-enumerable ones; from the first access to `body`, so are those of its stream.
 */

import type { BodyWatch } from '@cutout/http';
import { observeStream } from './observe-stream.ts';

/** More than one where doors are stacked. */
const watches = new WeakMap<Response, readonly BodyWatch[]>();

/** Tells `watch` how the body of `response` ends, if anyone reads it. */
export function observeBody(response: Response, watch: BodyWatch): void {
  const before = watches.get(response);
  watches.set(response, before ? [...before, watch] : [watch]);
  if (before || !Object.isExtensible(response)) return;
  if (isUntouched(response)) Object.defineProperties(response, shadows);
  else for (const name of Object.keys(shadows)) shadowOne(response, name);
}

/** A response as the platform makes it, with all that there is to shadow and nothing put upon it. */
function isUntouched(response: Response): boolean {
  for (const name in shadows) if (!(name in response) || Object.hasOwn(response, name)) return false;
  return true;
}

/** What this platform lacks is not invented, and what someone put on this very response stays. */
function shadowOne(response: Response, name: string): void {
  if (!(name in response) || Object.hasOwn(response, name)) return;
  Object.defineProperty(response, name, shadows[name] as PropertyDescriptor);
}

type ReadName = 'text' | 'json' | 'arrayBuffer' | 'blob' | 'bytes' | 'formData';
const READS: readonly ReadName[] = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'];

/** The same for every response, so that observing one makes no closures. */
const shadows: PropertyDescriptorMap = {
  ...Object.fromEntries(READS.map(name => [name, shadow(reading(name))])),
  clone: shadow(function clone(this: Response): Response {
    const copy = native(this).clone.call(this);
    for (const watch of watches.get(this) ?? []) observeBody(copy, watch);
    return copy;
  }),
  body: {
    configurable: true,
    enumerable: false,
    get(this: Response): ReadableStream | null {
      const stream = streamOf(this);
      if (typeof stream?.getReader === 'function') observeStream(stream, watches.get(this) ?? []);
      return stream;
    },
  },
};

function reading(name: ReadName): (this: Response) => Promise<unknown> {
  return {
    [name](this: Response): Promise<unknown> {
      const read = native(this)[name] as () => Promise<unknown>;
      const all = watches.get(this) ?? [];
      // A body that is used or locked already is the caller's mistake; fetch says so itself.
      if (this.bodyUsed || streamOf(this)?.locked) return read.call(this);
      return read.call(this).then(
        value => {
          for (const watch of all) watch.whole();
          return value;
        },
        error => {
          for (const watch of all) tellFailedRead(watch, name, error);
          throw error;
        },
      );
    },
  }[name] as (this: Response) => Promise<unknown>;
}

/** What cannot be parsed has arrived. */
function tellFailedRead(watch: BodyWatch, name: ReadName, error: unknown): void {
  if (name === 'json' && (error as Error | undefined)?.name === 'SyntaxError') watch.whole();
  else watch.broken(error);
}

/** The body, without looking on while it is read. */
function streamOf(response: Response): ReadableStream | null {
  return Reflect.get(native(response), 'body', response) as ReadableStream | null;
}

function native(response: Response): Response {
  return Object.getPrototypeOf(response) as Response;
}

function shadow(value: (this: Response) => unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: false, writable: true };
}
