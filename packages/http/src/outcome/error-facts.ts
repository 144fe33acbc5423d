/** What is read of a client's error and of those that it wraps. */

const MAX_DEPTH = 10;
/** A hostile or accidental tree of causes is not walked to its end. */
const MAX_ERRORS = 64;

export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  /** '' where there is none, or it is no text. */
  readonly code: string;
  readonly syscall: unknown;
  readonly address: unknown;
  readonly port: unknown;
  readonly hostname: unknown;
  /** The status of a proxy's answer, of Node's own tunnels. */
  readonly statusCode: unknown;
  /** Of `follow-redirects`, which axios and others send with. */
  readonly request: unknown;
}

const NOTHING: ErrorFacts = {
  name: '',
  message: '',
  code: '',
  syscall: '',
  address: '',
  port: '',
  hostname: '',
  statusCode: undefined,
  request: undefined,
};

/** The error and everything below it in `cause`, `detail` and `AggregateError.errors`, nearest first. Never throws. */
export function errorsWithin(error: unknown): readonly ErrorFacts[] {
  const found: ErrorFacts[] = [];
  const seen = new Set<unknown>();
  let level = [error];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const each of level.slice(0, MAX_ERRORS)) {
      if (typeof each !== 'object' || each === null || seen.has(each)) continue;
      seen.add(each);
      found.push(factsOf(each));
      next.push(...innerErrors(each));
    }
    level = next;
  }
  return found;
}

function factsOf(error: object): ErrorFacts {
  try {
    const { name, message, code, ...rest } = { ...NOTHING, ...pick(error) };
    return { ...rest, name: String(name), message: String(message), code: typeof code === 'string' ? code : '' };
  } catch {
    return NOTHING;
  }
}

function pick(error: object): Partial<Record<keyof ErrorFacts, unknown>> {
  const { name, message, code, syscall, address, port, hostname, statusCode, request } = error as ErrorFacts;
  return { name, message, code, syscall, address, port, hostname, statusCode, request };
}

/** SDKs keep the error of their client in `detail`, as Stripe's does. */
function innerErrors(error: object): unknown[] {
  try {
    const { cause, detail, errors } = error as { cause?: unknown; detail?: unknown; errors?: unknown };
    return Array.isArray(errors) ? [cause, detail, ...errors.slice(0, MAX_ERRORS)] : [cause, detail];
  } catch {
    return [];
  }
}
