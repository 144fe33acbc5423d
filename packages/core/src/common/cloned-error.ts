/** Errors of this package that came through structured clone, from a worker: plain Errors without their class and fields. */

/**
 * Whether `value` is a clone of an error of the class `name`, whose messages begin with `prefix`. A clone keeps message and
 * stack. Where a stack begins with the class and the message, as V8's, that must fit: anybody can copy a message. Never throws.
 */
export function isCloneOf(value: unknown, name: string, prefix: string): value is Error {
  try {
    if (Object.prototype.toString.call(value) !== '[object Error]') return false;
    const { message, stack } = value as Error;
    if (typeof message !== 'string' || !message.startsWith(prefix)) return false;
    const hasHeader = typeof stack === 'string' && stack.includes(message);
    return !hasHeader || stack.startsWith(`${name}: ${message}`);
  } catch {
    return false;
  }
}
