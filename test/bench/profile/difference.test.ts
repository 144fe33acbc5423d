import { describe, expect, it } from 'vitest';
import { differenceOf, groupsOf, mostOf } from './difference.ts';

const SPENT = [
  { name: 'run', file: 'packages/http/src/run.ts', bareUs: 0, guardedUs: 6 },
  { name: 'key', file: 'packages/http/src/key.ts', bareUs: 0, guardedUs: 1 },
  { name: 'merge', file: 'node_modules/.pnpm/axios@1/node_modules/axios/lib/utils.js', bareUs: 2, guardedUs: 5 },
  { name: 'write', file: 'node:net', bareUs: 9, guardedUs: 8 },
  { name: '(garbage collector)', file: '', bareUs: 1, guardedUs: 2 },
  { name: 'parse', file: '', bareUs: 1, guardedUs: 1 },
];

describe('the difference between two profiles', () => {
  it('is made up of the groups', () => {
    expect(differenceOf(SPENT)).toBe(10);
    expect(groupsOf(SPENT)).toEqual([
      { group: '@cutout/http', bareUs: 0, guardedUs: 7 },
      { group: 'axios', bareUs: 2, guardedUs: 5 },
      { group: '(garbage collector)', bareUs: 1, guardedUs: 2 },
      { group: 'built-in functions', bareUs: 1, guardedUs: 1 },
      { group: 'Node', bareUs: 9, guardedUs: 8 },
    ]);
  });

  it('lists as few functions as make up a share of it', () => {
    expect(mostOf(SPENT, 0.6).map(({ name }) => name)).toEqual(['run']);
    expect(mostOf(SPENT, 0.8).map(({ name }) => name)).toEqual(['run', 'merge']);
    expect(mostOf(SPENT, 2).map(({ name }) => name)).toEqual(['run', 'merge', 'key', '(garbage collector)']);
  });
});
