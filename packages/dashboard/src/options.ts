/** The options of `createDashboard`, checked. */

import { checkFunction, checkObject, show } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import { requirePolicy } from '@cutout/http/adapter';

export type Action = 'isolate' | 'release' | 'reset';

/** An action that a client requested, done or refused. */
export interface ActionEvent {
  readonly type: 'action';
  readonly action: Action;
  /** The key of the circuit. For a refused action it is the request's own text, and untrusted. */
  readonly key: string;
  /** The policy's name, if it has one. */
  readonly policy?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Whether the action was done. */
  readonly done: boolean;
  /** Why it was refused. `off`: no token configured. `token`: wrong token. `origin`: another site. `unknown`: no such circuit. */
  readonly refused?: 'off' | 'token' | 'origin' | 'unknown';
  /** The name given by the client. Any client with the token can give any name. */
  readonly actor?: string;
  readonly remoteAddress?: string;
}

export interface DashboardOptions {
  /**
   * The secret that permits isolating, releasing and resetting circuits: random, at least 16 printable ASCII characters.
   *
   * @default none: the page is read-only
   */
  readonly token?: string;
  /** The title of the page. @default the policies' names */
  readonly title?: string;
  /** Called with each action, done or refused. */
  readonly onAction?: (event: ActionEvent) => unknown;
}

export interface CheckedOptions {
  readonly policies: readonly HttpPolicy[];
  readonly token: string | undefined;
  readonly title: string;
  readonly onAction: (event: ActionEvent) => unknown;
}

const MIN_TOKEN = 16;

/** @throws TypeError or RangeError with the path and, except for the token, the value. */
export function checkOptions(policies: HttpPolicy | readonly HttpPolicy[], options: unknown): CheckedOptions {
  const { token, title, onAction } = checkObject('', options, ['token', 'title', 'onAction']);
  const all = Array.isArray(policies) ? [...policies] : [policies];
  if (all.length === 0) throw new RangeError('policies must have at least one policy, got none');
  for (const policy of all) requirePolicy(policy);
  return {
    policies: all,
    token: checkToken(token),
    title: checkTitle(title) ?? titleOf(all),
    onAction: checkFunction('onAction', onAction as DashboardOptions['onAction']) ?? (() => undefined),
  };
}

/** Never prints the token: it is a secret. */
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
