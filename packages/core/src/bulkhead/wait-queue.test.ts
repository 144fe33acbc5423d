import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type QueuePlace, WaitQueue } from './wait-queue.ts';

it('agrees with a list, from wherever its members leave', () => {
  const step = fc.oneof(fc.constant('join' as const), fc.constant('shift' as const), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step), steps => {
      const line = new WaitQueue<number>();
      const places: QueuePlace<number>[] = [];
      let list: number[] = [];
      for (const each of steps) {
        if (each === 'join') {
          list.push(places.length);
          places.push(line.join(places.length));
        } else if (each === 'shift') expect(line.shift()).toBe(list.shift());
        else {
          const place = places[each];
          if (place) expect(line.leave(place)).toBe(list.includes(each));
          list = list.filter(member => member !== each);
        }
        expect(line.size).toBe(list.length);
      }
    }),
  );
});
