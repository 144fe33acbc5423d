import { describe, expect, it } from 'vitest';
import { bodyOf, callOf } from './calls.ts';

const first100 = Array.from({ length: 100 }, (_, number) => callOf(number));
const ofMethod = (method: string) => first100.filter(call => call.method === method);

describe('the calls of the drill', () => {
  it('are seven GETs, two POSTs and one PUT of ten', () => {
    expect([ofMethod('GET').length, ofMethod('POST').length, ofMethod('PUT').length]).toEqual([70, 20, 10]);
  });

  it('request every item, and one unique path in seven', () => {
    const gets = ofMethod('GET').map(({ path }) => path);
    const once = gets.filter(path => path.startsWith('/once/'));
    expect(new Set(gets.filter(path => path.startsWith('/items/'))).size).toBe(20);
    expect([once.length, new Set(once).size]).toEqual([10, 10]);
  });

  it('write identifiable bodies, to paths that are also read', () => {
    const writes = [...ofMethod('POST'), ...ofMethod('PUT')];
    const read = new Set(ofMethod('GET').map(({ path }) => path));
    expect(new Set(writes.map(({ body }) => body)).size).toBe(30);
    expect(new Set(writes.map(({ path }) => path)).size).toBe(6);
    expect(writes.every(({ path }) => read.has(path))).toBe(true);
  });

  it('have a different answer for each method and path', () => {
    expect(bodyOf({ method: 'GET', path: '/items/1' })).not.toBe(bodyOf({ method: 'POST', path: '/items/1' }));
    expect(bodyOf({ method: 'GET', path: '/items/1' })).not.toBe(bodyOf({ method: 'GET', path: '/items/11' }));
  });
});
