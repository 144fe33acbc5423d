/** What a request goes through, as a text: proxies by their options, agents and functions by a number of their own. */

const numbers = new WeakMap<object, number>();
let count = 0;

/** Undefined where none of the parts is given. Equal for the same objects, and for options of the same content. */
export function viaOf(parts: Readonly<Record<string, unknown>>): string | undefined {
  const given = Object.entries(parts).filter(([, part]) => part !== undefined && part !== null && part !== false);
  return given.length > 0 ? JSON.stringify(given, numbered) : undefined;
}

function numbered(_key: string, value: unknown): unknown {
  // A text must not look like a number of ours.
  if (typeof value === 'string' && value.startsWith('#')) return `#${value}`;
  if (!isOpaque(value)) return value;
  const known = numbers.get(value);
  if (known !== undefined) return `#${known}`;
  count += 1;
  numbers.set(value, count);
  return `#${count}`;
}

/** An object of a class, or a function: its content does not show what it dials. */
function isOpaque(value: unknown): value is object {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype !== Object.prototype && prototype !== null;
}
