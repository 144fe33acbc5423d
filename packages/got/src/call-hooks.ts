/**
 * The hooks of one call, put into its own copy of the hooks. got hands them on to every further attempt, hop and stream
 * of the call, so that they are found again there.
 */

import type { IncomingMessage } from 'node:http';
import type { Options } from 'got';
import { dropReadBody } from './request.ts';
import type { Substitute } from './substitute.ts';

/** What the hooks report to. */
export interface HookedCall {
  readonly ended: boolean;
  /** Of its present request. */
  readonly options: Options;
  readonly substitute: Substitute;
  /** After all other `beforeRequest` hooks. */
  prepare(options: Options): void;
  redirected(response: IncomingMessage): void;
  answered(response: IncomingMessage): void;
  retrying(error: Error): void;
}

/** On our own hooks: the call that they belong to, for another copy of this package as well. */
const CALL = Symbol.for('cutout.call');

interface OwnHook {
  [CALL]?: HookedCall;
}

type HookLists = Record<keyof Options['hooks'], unknown[]>;

export function installHooks(options: Options, call: HookedCall): void {
  removeHooks(options);
  const hooks = options.hooks as HookLists;
  // Last: the hooks of the application may wait, or change the request.
  hooks.beforeRequest = [...hooks.beforeRequest, own((each: Options) => call.prepare(each), call)];
  // First, since the host has answered, whatever the hooks of the application do next.
  const redirected = (_: Options, response: IncomingMessage): void => call.redirected(response);
  hooks.beforeRedirect = [own(redirected, call), ...hooks.beforeRedirect];
  const retrying = (error: Error): void => {
    // The round of a fallback sends nothing, and got would make none with a body that has been read.
    if (call.substitute.isNext) dropReadBody(call.options);
    else call.retrying(error);
  };
  hooks.beforeRetry = [own(retrying, call), ...hooks.beforeRetry];
}

/** Before the hooks of the application: has the call see each answer. got may leave the hook out in a further round. */
export function seeAnswers({ hooks }: Options, call: HookedCall): void {
  const { afterResponse } = hooks as HookLists;
  if ((afterResponse as OwnHook[]).some(hook => hook[CALL])) return;
  const see = (response: IncomingMessage): IncomingMessage => {
    call.answered(response);
    return response;
  };
  afterResponse.unshift(own(see, call));
}

/** Before the hooks of the application: has the call's substitute answer the next round. */
export function answerFirst({ hooks }: Options, call: HookedCall): void {
  const answer = (options: Options): unknown => (call.ended ? undefined : call.substitute.take(options));
  (hooks as HookLists).beforeRequest.unshift(own(answer, call));
}

/** The call that is under way. */
export function callOf({ hooks }: Options): HookedCall | undefined {
  return (hooks.beforeRequest as OwnHook[]).find(hook => hook[CALL])?.[CALL];
}

function own<F extends object>(hook: F, call: HookedCall): F {
  (hook as OwnHook)[CALL] = call;
  return hook;
}

/** Those of a call that is over, whose options are used for another: a pagination does so. */
function removeHooks(options: Options): void {
  if (!callOf(options)) return;
  for (const hooks of Object.values(options.hooks as HookLists)) {
    for (let at = hooks.length - 1; at >= 0; at--) if ((hooks[at] as OwnHook)[CALL]) hooks.splice(at, 1);
  }
}
