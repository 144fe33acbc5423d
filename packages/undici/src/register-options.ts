/** The options of the preload, from the environment. */

import { pathToFileURL } from 'node:url';
import { checkObject, show } from '@cutout/core/internal';
import { type HttpPolicy, type HttpPolicyOptions, isHttpPolicy } from '@cutout/http';

type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Record<string, unknown>;
type Parse = (text: string, name: string) => unknown;

const number: Parse = (text, name) => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new TypeError(`${name} must be a number, got ${show(text)}`);
  return value;
};
const text: Parse = value => value;
const statuses: Parse = value =>
  value
    .split(',')
    .map(each => each.trim())
    .map(each => (/^\d+$/.test(each) ? Number(each) : each));
const retry: Parse = (value, name) => {
  const maxRetries = number(value, name);
  return maxRetries === 0 ? false : { maxRetries };
};

/** Each variable, the option that it sets, and how it is read. */
const VARIABLES: Readonly<Record<string, readonly [path: string, parse: Parse]>> = {
  CUTOUT_NAME: ['name', text],
  CUTOUT_KEY: ['key', text],
  CUTOUT_MODE: ['breaker.mode', text],
  CUTOUT_FAILURES: ['breaker.failures', number],
  CUTOUT_OPEN_DURATION_MS: ['breaker.openDurationMs', number],
  CUTOUT_PROBES: ['breaker.halfOpen.maxCalls', number],
  CUTOUT_SUCCESS_THRESHOLD: ['breaker.halfOpen.successThreshold', number],
  CUTOUT_PROBE_TIMEOUT_MS: ['breaker.halfOpen.probeTimeoutMs', number],
  CUTOUT_FAILURE_STATUS: ['failureStatus', statuses],
  CUTOUT_RETRY_STATUS: ['retryStatus', statuses],
  CUTOUT_MAX_RETRIES: ['retry', retry],
  CUTOUT_ATTEMPT_TIMEOUT_MS: ['attemptTimeoutMs', number],
  CUTOUT_TOTAL_TIMEOUT_MS: ['totalTimeoutMs', number],
  CUTOUT_BODY_FAILURE_WITHIN_MS: ['bodyFailureWithinMs', number],
};

const CONFIG = 'CUTOUT_CONFIG';
/** Read by the preload itself. */
const QUIET = 'CUTOUT_QUIET';

/**
 * The options of the `CUTOUT_*` variables, merged over those of the file that `CUTOUT_CONFIG` names: JSON, or a module whose
 * default export is an options object or a policy.
 *
 * @throws TypeError for a variable that is not known or not readable, or beside a policy; what `import` throws for the file.
 */
export async function optionsFrom(environment: Environment): Promise<HttpPolicyOptions | HttpPolicy> {
  const given = ours(environment);
  const { [CONFIG]: file, ...variables } = given;
  const base = file === undefined ? {} : await load(file);
  if (!isHttpPolicy(base)) return overlay(base as Tree, variables) as HttpPolicyOptions;
  const [first] = Object.keys(variables);
  if (first) throw new TypeError(`${first} must not be given where ${CONFIG} names a policy, got ${show(file)}`);
  return base;
}

function ours(environment: Environment): Record<string, string> {
  const names = Object.keys(environment).filter(
    name => name.startsWith('CUTOUT_') && name !== QUIET && environment[name] !== '',
  );
  const given = Object.fromEntries(names.map(name => [name, environment[name] as string]));
  checkObject('', given, [...Object.keys(VARIABLES), CONFIG]);
  return given;
}

async function load(file: string): Promise<unknown> {
  const isJson = file.endsWith('.json');
  const module = await import(pathToFileURL(file).href, isJson ? { with: { type: 'json' } } : {});
  if (isHttpPolicy(module.default)) return module.default;
  return checkObject(`${CONFIG} (the default export of ${file})`, module.default);
}

function overlay(base: Tree, variables: Readonly<Record<string, string>>): Tree {
  let options = base;
  for (const [name, value] of Object.entries(variables)) {
    const [path, parse] = VARIABLES[name] as (typeof VARIABLES)[string];
    options = withValue(options, path.split('.'), parse(value, name));
    // The two exclude each other, and the variable counts.
    if (path === 'breaker.failures') options = withValue(options, ['breaker', 'trip'], undefined);
  }
  return options;
}

/** A copy with the value set at the path. */
function withValue(tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): Tree {
  const inner = rest.length === 0 ? value : withValue((tree[key] ?? {}) as Tree, rest, value);
  return { ...tree, [key]: inner };
}
