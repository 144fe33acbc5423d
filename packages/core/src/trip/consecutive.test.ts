import { describe, expect, it } from 'vitest';
import { ConsecutiveCounter } from './consecutive.ts';

const LIMITS = { type: 'consecutive', failures: 3, forgetAfterMs: 100 } as const;
const call = (admittedAt = 0) => ({ admittedAt });

/** A counter after `steps`, all at time 0 unless they have their own. */
function after(...steps: ((counter: ConsecutiveCounter) => unknown)[]): ConsecutiveCounter {
  const counter = new ConsecutiveCounter(LIMITS);
  for (const step of steps) step(counter);
  return counter;
}

const fail =
  (at = 0, requestedUntil?: number) =>
  (counter: ConsecutiveCounter) =>
    counter.failure(call(at), at, requestedUntil);
const good = (counter: ConsecutiveCounter): void => counter.good();
const whole = (counter: ConsecutiveCounter): void => counter.whole();
const headers = (counter: ConsecutiveCounter): unknown => counter.headers();
const broken =
  (at = 0) =>
  (counter: ConsecutiveCounter): void =>
    counter.broken(call(at), at, counter.headers());

describe('the streak', () => {
  it.each([
    ['nothing', after(), 0],
    ['two failures', after(fail(), fail()), 2],
    ['good headers after failures', after(fail(), fail(), headers), 0],
    ['a good answer after failures', after(fail(), good), 0],
    ['a broken body', after(broken()), 1],
    ['a broken body, whose headers forgiven two failures', after(fail(), fail(), broken()), 3],
    ['broken bodies alone', after(broken(), broken()), 2],
    ['good headers after a broken body', after(broken(), headers), 1],
    ['a whole body after a broken one', after(broken(), whole), 0],
    ['a good answer after a broken body', after(broken(), good), 0],
    ['a whole body after failures', after(fail(), whole), 1],
    ['a failure in time', after(fail(0), fail(100)), 2],
    ['a failure too late', after(fail(0), fail(101)), 1],
    ['a broken body too late', after(fail(0), broken(101)), 1],
    ['resumed', after(counter => counter.resume(2, 50)), 2],
    ['resumed with more than can be', after(counter => counter.resume(9, 50)), 2],
    ['resumed with as many as open it', after(counter => counter.resume(3, 50)), 2],
    ['resumed from none', after(counter => counter.resume(0, 50)), 0],
    ['resumed, and a failure in time', after(counter => counter.resume(2, 50), fail(150)), 3],
    ['resumed, and a failure too late', after(counter => counter.resume(2, 50), fail(151)), 1],
  ])('after %s', (_, counter, streak) => {
    expect(counter.streak).toBe(streak);
    expect(counter.tripped()).toBe(streak >= 3 ? 'consecutive' : undefined);
    expect(counter.readings()).toEqual([{ type: 'consecutive', failures: streak, limit: 3 }]);
    expect([counter.calm, counter.timesCalls]).toEqual([streak === 0, streak > 0]);
    expect(counter.evidence(0)).toBe(streak === 0 ? 'none' : 'live');
  });

  it.each<[string, (counter: ConsecutiveCounter) => void]>([
    ['a whole body', whole],
    ['a good answer', good],
  ])('does not take back failures that %s has ended since their headers', (_, step) => {
    const counter = after(fail(), fail());
    const token = counter.headers();
    step(counter);
    step(counter);
    counter.broken(call(), 0, token);
    expect(counter.streak).toBe(1);
  });

  it('remembers what headers forgiven only where they did', () => {
    expect(after().headers()).toBeUndefined();
    expect(after(fail()).headers()).toBeDefined();
  });
});

describe('failures that time has forgotten', () => {
  it.each<[string, (counter: ConsecutiveCounter) => void]>([
    ['a broken body', broken(101)],
    ['a failure', fail(101)],
  ])('do not come back with a body that breaks after %s', (_, step) => {
    const counter = after(fail(), fail());
    const token = counter.headers();
    step(counter);
    counter.broken(call(0), 101, token);
    expect(counter.streak).toBe(2);
  });

  it('come back where they were not forgotten', () => {
    const counter = after(fail(), fail());
    const token = counter.headers();
    broken(100)(counter);
    counter.broken(call(0), 100, token);
    expect(counter.streak).toBe(4);
  });
});

describe('a limit that was lowered below the streak', () => {
  const lowered = (...steps: ((counter: ConsecutiveCounter) => unknown)[]): ConsecutiveCounter => {
    const counter = new ConsecutiveCounter({ ...LIMITS, failures: 2 });
    const own = counter.adopt([after(broken(), broken())]) as ConsecutiveCounter;
    for (const step of steps) step(own);
    return own;
  };

  it.each<[string, (counter: ConsecutiveCounter) => unknown]>([
    ['nothing', () => undefined],
    ['good headers', headers],
    ['a whole body', whole],
    ['a good answer', good],
  ])('opens nothing with %s', (_, step) => {
    expect(lowered(step).tripped()).toBeUndefined();
  });

  it.each([
    ['a failure', fail()],
    ['a broken body', broken()],
  ])('opens with %s', (_, step) => {
    expect(lowered(headers, step).tripped()).toBe('consecutive');
  });

  it.each([
    ['good headers', headers],
    ['a whole body', whole],
    ['a good answer', good],
  ])('does not open with %s after a failure that would have', (_, step) => {
    expect(after(broken(), broken(), broken(), step).tripped()).toBeUndefined();
  });
});

describe('evidence', () => {
  it('expires by the age of the last failure', () => {
    const counter = after(fail(0), fail(40));
    expect([140, 141].map(now => counter.evidence(now))).toEqual(['live', 'expired']);
  });
});

describe('requested waits', () => {
  it.each([
    [after(fail()), undefined],
    [after(fail(0, 70), fail(0, 50), fail()), 70],
    [after(fail(0, 50), fail(0, 70)), 70],
    [after(fail(0, 70), headers), undefined],
    [after(fail(0, 70), broken()), 70],
    [after(fail(0, 70), broken(), fail(0, 90)), 90],
    [after(fail(0, 70), fail(101)), undefined],
  ])('%# is the latest of the streak', (counter, requestedUntil) => {
    expect(counter.requestedUntil()).toBe(requestedUntil);
  });
});

it('needs to know of no call in flight', () => {
  expect(after(fail()).watches).toBe(false);
});
