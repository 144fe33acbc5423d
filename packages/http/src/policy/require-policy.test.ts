import { describe, expect, it } from 'vitest';
import { alertWhenOpen } from '../observe/alert-when-open.ts';
import { logTransitions } from '../observe/log-transitions.ts';
import { asAdapter } from './adapter-policy.ts';
import { createHttpPolicy } from './policy.ts';

const attachments: Record<string, (policy: never) => unknown> = {
  logTransitions: policy => logTransitions(policy, console),
  alertWhenOpen: policy => alertWhenOpen(policy, { longerThanMs: 1_000, onAlert: () => undefined }),
};

describe.each(Object.entries(attachments))('%s', (_name, attach) => {
  it.each<[unknown, string]>([
    [asAdapter(() => undefined, createHttpPolicy(), 'createFetch'), 'got what createFetch returned: pass its .policy'],
    [{}, 'got {}'],
    [undefined, 'got undefined'],
  ])('refuses what is no policy, and shows the value: %#', (policy, message) => {
    expect(() => attach(policy as never)).toThrow(new TypeError(`policy must be a policy, ${message}`));
  });
});
