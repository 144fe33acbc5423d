/** Failures of the machine that this process runs on: nothing was sent, and no host is to blame. */

/** Codes of the operating system and of Node for what this machine has run out of, or does not permit. */
const CODES: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  // No local port is left, or the local address that was set is not there or is taken.
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  // A firewall of this machine, a socket file of another user, a low port.
  'EACCES',
  'EPERM',
  'EAI_MEMORY',
  'ERR_ACCESS_DENIED',
  'ERR_INSUFFICIENT_RESOURCES',
]);

/** Deno's names for the same, where it gives no code. */
const NAMES: ReadonlySet<unknown> = new Set(['NotCapable', 'PermissionDenied', 'AddrNotAvailable', 'AddrInUse']);

const MAX_DEPTH = 10;
/** The tries of one connection are few; a longer list was made to be walked. */
const MAX_ERRORS = 64;

/**
 * Whether `error` is, or wraps, a lack or a prohibition of this machine. Of several addresses that were tried, each
 * must have failed so: one that answered is evidence about the host. Never throws.
 */
export function isShortage(error: unknown): boolean {
  // With the outermost.
  return isLocal(error, 0, { left: MAX_ERRORS + 1 });
}

function isLocal(error: unknown, depth: number, walk: { left: number }): boolean {
  if (depth > MAX_DEPTH || walk.left === 0 || typeof error !== 'object' || error === null) return false;
  walk.left -= 1;
  try {
    const { code, name, cause, errors } = error as Record<'code' | 'name' | 'cause' | 'errors', unknown>;
    // Node gives such a list the code of its first member.
    if (Array.isArray(errors) && errors.length > 0) return isLocalEach(errors, depth + 1, walk);
    return CODES.has(code) || NAMES.has(name) || isLocal(cause, depth + 1, walk);
  } catch {
    // An error whose getters throw is none of the system's.
    return false;
  }
}

function isLocalEach(errors: readonly unknown[], depth: number, walk: { left: number }): boolean {
  return errors.length <= walk.left && errors.every(each => isLocal(each, depth, walk));
}
