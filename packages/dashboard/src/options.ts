/** The options of `createDashboard`, checked. */

import { checkFunction, checkObject, show } from '@cutout/core/internal';
import { checkPolicy, type HttpPolicy } from '@cutout/http';

export type Action = 'isolate' | 'release' | 'reset';

/** An action that somebody has asked for, whether or not it was done. */
export interface ActionEvent {
  readonly type: 'action';
  readonly action: Action;
  /** Of the circuit as the request named it: not to be trusted where it was refused. */
  readonly key: string;
  /** The policy's name, where it has one. */
  readonly policy?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether it was done. */
  readonly done: boolean;
  /** Why it was not: `off` where there is no token, `token` a wrong one, `origin` another site's page, `unknown` no such circuit. */
  readonly refused?: 'off' | 'token' | 'origin' | 'unknown';
  /** The name that they gave: anybody who has the token can give any. */
  readonly actor?: string;
  readonly remoteAddress?: string;
}

export interface DashboardOptions {
  /**
   * Whoever sends it may isolate, release and reset circuits. At least 16 characters; a random one.
   *
   * @default none: the page only shows
   */
  readonly token?: string;
  /** Names the page. @default the policies' names */
  readonly title?: string;
  /** Told of each action, and of each that was refused. */
  readonly onAction?: (event: ActionEvent) => unknown;
}

export interface CheckedOptions {
  readonly policies: readonly HttpPolicy[];
  readonly token: string | undefined;
  readonly title: string;
  readonly onAction: (event: ActionEvent) => unknown;
}

const MIN_TOKEN = 16;

/** @throws TypeError or RangeError that names the path and, but for the token, the value. */
export function checkOptions(policies: HttpPolicy | readonly HttpPolicy[], options: unknown): CheckedOptions {
  const { token, title, onAction } = checkObject('', options, ['token', 'title', 'onAction']);
  const all = Array.isArray(policies) ? [...policies] : [policies];
  if (all.length === 0) throw new RangeError('policies must have at least one policy, got none');
  for (const policy of all) checkPolicy(policy);
  return {
    policies: all,
    token: checkToken(token),
    title: checkTitle(title) ?? titleOf(all),
    onAction: checkFunction('onAction', onAction as DashboardOptions['onAction']) ?? (() => undefined),
  };
}

/** Never printed: it is a secret. */
function checkToken(token: unknown): string | undefined {
  if (token === undefined) return undefined;
  if (typeof token !== 'string') throw new TypeError(`token must be a string, got ${typeof token}`);
  if (token.length < MIN_TOKEN)
    throw new RangeError(`token must have at least ${MIN_TOKEN} characters, got ${token.length}`);
  if (!/^[!-~]+$/.test(token)) throw new RangeError('token must be of printable ASCII characters without spaces');
  return token;
}

function checkTitle(title: unknown): string | undefined {
  if (title === undefined || typeof title === 'string') return title;
  throw new TypeError(`title must be a string, got ${show(title)}`);
}

function titleOf(policies: readonly HttpPolicy[]): string {
  const names = policies.map(({ name }) => name).filter(name => name !== undefined);
  return names.length > 0 ? [...new Set(names)].join(', ') : 'circuits';
}
