import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { later } from '../common/later.ts';
import { RequestedWaits } from './requested-waits.ts';

describe('the waits that servers requested', () => {
  it('is the latest instant among the failures that still count, of the last eight that matter', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 30 }), fc.nat(30), (instants, gone) => {
        const waits = new RequestedWaits();
        instants.forEach((until, place) => void waits.add(until, place));
        const counts = (place: number): boolean => place >= gone;
        // A wait that a later failure covers is of no use: it expires first.
        const kept = instants
          .map((until, place) => ({ until, place }))
          .filter(({ until, place }) => instants.slice(place + 1).every(next => next < until));
        fc.pre(kept.length <= 8);
        expect(waits.latest(counts)).toBe(kept.find(({ place }) => counts(place))?.until);
      }),
    );
  });

  it('is remembered of eight failures at most, the latest failure among them', () => {
    const waits = new RequestedWaits();
    for (let place = 0; place < 12; place++) waits.add(100 - place, place);
    const held = Array.from({ length: 12 }, (_, place) => waits.latest(each => each === place));
    expect(held.map(until => until !== undefined)).toEqual([...Array(7).fill(true), ...Array(4).fill(false), true]);
  });

  it('keeps one wait where a later failure requested no less', () => {
    const waits = new RequestedWaits();
    for (const [until, place] of [
      [5, 0],
      [5, 1],
      [3, 2],
      [7, 3],
      [7, 4],
    ] as const)
      waits.add(until, place);
    const seen: number[] = [];
    waits.latest(place => seen.push(place) < 0);
    expect(seen).toEqual([4]);
  });

  it('is nothing without a request', () => {
    const seen: number[] = [];
    expect(new RequestedWaits().latest(place => seen.push(place) > 0)).toBeUndefined();
    expect(seen).toEqual([]);
  });
});

describe('the later of two instants', () => {
  it.each([
    [1, 2, 2],
    [2, 1, 2],
    [undefined, 1, 1],
    [1, undefined, 1],
    [undefined, undefined, undefined],
    [-2, -1, -1],
  ])('%s and %s is %s', (a, b, expected) => {
    expect(later(a, b)).toBe(expected);
  });
});
