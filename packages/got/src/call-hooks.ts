/**
 * The hooks of one call, put into its own copy of the hooks. got hands them on to every further attempt, hop and stream
 * of the call, so that they are found again there.
 */

import type { IncomingMessage } from 'node:http';
import type { Options } from 'got';
import type { Operation } from './operation.ts';
import { dropReadBody } from './request.ts';

/** On our own hooks: the operation that they belong to, for another copy of this package as well. */
const OPERATION = Symbol.for('cutout.call');

interface OwnHook {
  readonly [OPERATION]?: Operation;
}

type HookLists = Record<keyof Options['hooks'], unknown[]>;

export function installHooks(options: Options, operation: Operation): void {
  removeHooks(options);
  const hooks = options.hooks as HookLists;
  const own = <F extends object>(hook: F): F => Object.defineProperty(hook, OPERATION, { value: operation });
  const isOver = (): boolean => operation.ended;
  hooks.beforeRequest.unshift(own((each: Options) => (isOver() ? undefined : operation.substitute(each))));
  // Last: the hooks of the application may wait, or change the request.
  hooks.beforeRequest.push(own((each: Options) => operation.prepare(each)));
  // First, since the host has answered, whatever the hooks of the application do next.
  hooks.beforeRedirect.unshift(own((_: Options, response: IncomingMessage) => operation.redirected(response)));
  const afterResponse = own((response: IncomingMessage) => {
    if (!isOver()) operation.answered(response, false);
    return response;
  });
  hooks.afterResponse.unshift(afterResponse);
  const beforeRetry = (error: Error & { options: Options }): void => {
    // The round of a fallback sends nothing, and got would make none with a body that has been read.
    if (operation.answering) dropReadBody(error.options);
    else operation.failed(error);
    // got runs no `afterResponse` hooks on the answer to a round that one of them began.
    const { afterResponse: left } = error.options.hooks as HookLists;
    if (!left.includes(afterResponse)) left.unshift(afterResponse);
  };
  hooks.beforeRetry.unshift(own(beforeRetry));
}

/** The operation of a call that is under way. */
export function operationOf({ hooks }: Options): Operation | undefined {
  const found = hooks.beforeRequest.find(hook => (hook as OwnHook)[OPERATION]) as OwnHook | undefined;
  return found?.[OPERATION];
}

/** Those of a call that is over, whose options are used for another: a pagination does so. */
function removeHooks(options: Options): void {
  if (!operationOf(options)) return;
  for (const hooks of Object.values(options.hooks as HookLists)) {
    for (let at = hooks.length - 1; at >= 0; at--) if ((hooks[at] as OwnHook)[OPERATION]) hooks.splice(at, 1);
  }
}
