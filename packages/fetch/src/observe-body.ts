/**
 * Sees how a response's body ends, while the caller keeps the very same Response. Between it and its prototype stands an
 * object with reading methods of ours: one step, where own properties would be eight on every response.
 */

import { type BodyEnd, halvesOf } from './body-end.ts';
import { observeStream } from './observe-stream.ts';

/** A constructor that returns what it is given, so that a private field can be put on an object of another class. */
const Given = function given(object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

/** The ends that are waited for: more than one where adapters are stacked. A private field costs less than a WeakMap. */
class BodyEnds extends Given {
  #ends: readonly BodyEnd[] = [];

  static of(response: object): readonly BodyEnd[] | undefined {
    return #ends in response ? (response as BodyEnds).#ends : undefined;
  }

  static put(response: object, ends: readonly BodyEnd[]): void {
    if (!(#ends in response)) new BodyEnds(response);
    (response as BodyEnds).#ends = ends;
  }
}

/** Reports to `watch` how the body of `response` ends, if it is read. */
export function observeBody(response: Response, watch: BodyEnd): void {
  const before = BodyEnds.of(response);
  BodyEnds.put(response, before ? [...before, watch] : [watch]);
  if (!before && Object.isExtensible(response)) Object.setPrototypeOf(response, shadowOf(native(response)));
}

/** By the prototype they stand before, of which a process has one or two. */
const shadowed = new WeakMap<Response, Response>();
/** Those objects themselves. */
const ours = new WeakSet<object>();

function shadowOf(prototype: Response): Response {
  const known = shadowed.get(prototype);
  if (known) return known;
  // What this platform lacks is not invented.
  const present = Object.entries(shadows).filter(([name]) => name in prototype);
  const shadow = Object.create(prototype, Object.fromEntries(present)) as Response;
  shadowed.set(prototype, shadow);
  ours.add(shadow);
  return shadow;
}

type ReadName = 'text' | 'json' | 'arrayBuffer' | 'blob' | 'bytes' | 'formData';
const READS: readonly ReadName[] = ['text', 'json', 'arrayBuffer', 'blob', 'bytes', 'formData'];

const shadows: PropertyDescriptorMap = {
  ...Object.fromEntries(READS.map(name => [name, shadow(reading(name))])),
  clone: shadow(function clone(this: Response): Response {
    const copy = native(this).clone.call(this);
    const [own, copied] = halvesOf(BodyEnds.of(this) ?? []);
    BodyEnds.put(this, own);
    for (const watch of copied) observeBody(copy, watch);
    return copy;
  }),
  body: {
    configurable: true,
    enumerable: false,
    get(this: Response): ReadableStream | null {
      const stream = streamOf(this);
      if (typeof stream?.getReader === 'function') observeStream(stream, BodyEnds.of(this) ?? []);
      return stream;
    },
  },
};

function reading(name: ReadName): (this: Response) => Promise<unknown> {
  return {
    [name](this: Response): Promise<unknown> {
      const read = native(this)[name] as () => Promise<unknown>;
      const all = BodyEnds.of(this) ?? [];
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

/** What cannot be parsed has arrived. Of a form only the words say so, in each engine's own way. */
function tellFailedRead(watch: BodyEnd, name: ReadName, error: unknown): void {
  const { name: kind, message } = (error ?? {}) as Partial<Error>;
  if (name === 'json' && kind === 'SyntaxError') watch.whole();
  else if (name === 'formData' && UNPARSED.test(String(message))) watch.cancelled();
  else watch.broken(error);
}

const UNPARSED = /form ?data|multipart|boundary|content-type|mime type/i;

/** The body, without looking on while it is read. */
function streamOf(response: Response): ReadableStream | null {
  return Reflect.get(native(response), 'body', response) as ReadableStream | null;
}

function native(response: Response): Response {
  const prototype = Object.getPrototypeOf(response) as Response;
  return ours.has(prototype) ? (Object.getPrototypeOf(prototype) as Response) : prototype;
}

function shadow(value: (this: Response) => unknown): PropertyDescriptor {
  return { value, configurable: true, enumerable: false, writable: true };
}
