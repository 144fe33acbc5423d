/** A trip that is written by hand: it opens a circuit when money is lost, and not by the number of failures. */

import { CircuitBreaker, type Trip, type TripCounter } from '@cutout/core';

/** Opens when the failures of the last minute have cost more than `euros`. */
function losses(euros: number, costOf: () => number): Trip {
  const windowMs = 60_000;
  return {
    name: 'losses',
    start(): TripCounter {
      let lost: { at: number; euros: number }[] = [];
      const sumAt = (now: number): number => {
        lost = lost.filter(({ at }) => now - at < windowMs);
        return lost.reduce((sum, each) => sum + each.euros, 0);
      };
      return {
        record({ verdict, at }) {
          if (verdict === 'failure') lost.push({ at, euros: costOf() });
        },
        tripped: now => sumAt(now) > euros,
        describe: now => `${sumAt(now)} of ${euros} euros lost in the last minute`,
        utilization: now => sumAt(now) / euros,
      };
    },
  };
}

let price = 10;
const breaker = new CircuitBreaker({ key: 'payments', trip: losses(100, () => price) });
breaker.subscribe(event => console.log(`${event.key}: ${event.type}`), 'transition');

for (const each of [10, 20, 40, 80]) {
  price = each;
  await breaker.execute(() => Promise.reject(new Error('declined'))).catch(() => undefined);
  console.log(breaker.explain().summary);
}
