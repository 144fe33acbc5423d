import { describe, expect, it } from 'vitest';
import { bulkhead } from '../bulkhead/bulkhead.ts';
import { createHttpPolicy } from '../policy/policy.ts';
import { hedge } from './hedge.ts';
import { checkHedge } from './hedge-options.ts';

describe('the hedge option', () => {
  it('is off unless it is given, and has its defaults', () => {
    const request = { method: 'GET', url: 'http://a.com/', headers: { get: () => null }, replayable: true };
    const settings = [{}, { hedge: false as const }].map(
      each => createHttpPolicy(each).begin(request).target.settings.hedge,
    );
    expect(settings).toEqual([undefined, undefined]);
    const defaults = { delayMs: undefined, percentile: 0.95, minimumSamples: 20, methods: new Set(['GET']) };
    expect(createHttpPolicy({ hedge: hedge() }).begin(request).target.settings.hedge?.name).toBe('hedge');
    expect(checkHedge('hedge', {})).toEqual(defaults);
  });

  it('asks for as many samples as tell the percentile', () => {
    expect(checkHedge('hedge', { percentile: 0.99 }).minimumSamples).toBe(100);
    expect(checkHedge('hedge', { percentile: 0.5 }).minimumSamples).toBe(20);
    expect(checkHedge('hedge', { delayMs: 5 }).minimumSamples).toBe(20);
    expect(checkHedge('hedge', { delayMs: 5, minimumSamples: 0 }).minimumSamples).toBe(0);
  });

  it.each<[unknown, string]>([
    [5, 'hedge must be an object, got 5'],
    [{ delay: 5 }, 'hedge.delay is not an option; did you mean delayMs?'],
    [{ delayMs: 0 }, 'hedge.delayMs must be a positive number of milliseconds up to 2147483647, got 0'],
    [{ delayMs: Number.POSITIVE_INFINITY }, 'hedge.delayMs must be a positive number of milliseconds up to 2147483647'],
    [{ delayMs: '5' }, 'hedge.delayMs must be a positive number of milliseconds up to 2147483647, got "5"'],
    [{ delayMs: 5, percentile: 0.9 }, 'hedge.delayMs must not be given with hedge.percentile, got {"delayMs":5,'],
    [{ percentile: 0.4 }, 'hedge.percentile must be a number from 0.5 to 0.99, got 0.4'],
    [{ percentile: 1 }, 'hedge.percentile must be a number from 0.5 to 0.99, got 1'],
    [{ percentile: 95 }, 'hedge.percentile must be a number from 0.5 to 0.99, got 95'],
    [{ minimumSamples: 0 }, 'hedge.minimumSamples must be a positive integer up to 256, got 0'],
    [{ minimumSamples: 257 }, 'hedge.minimumSamples must be a positive integer up to 256, got 257'],
    [{ delayMs: 1, minimumSamples: -1 }, 'hedge.minimumSamples must be an integer from 0 to 256, got -1'],
    [{ methods: 'GET' }, 'hedge.methods must be a list of methods, got "GET"'],
    [{ methods: [5] }, 'hedge.methods[0] must be a method, got 5'],
    [
      { methods: ['get', 'post'] },
      'hedge.methods[1] must be a safe method (GET, HEAD, OPTIONS, TRACE, QUERY), got "post"',
    ],
    [{ methods: ['PUT'] }, 'hedge.methods[0] must be a safe method'],
  ])('%j is refused', (option, message) => {
    expect(() => hedge(option as never)).toThrow(message);
  });

  it('of a host and of a call is refused with its path', async () => {
    const bad = { hosts: { 'a.com': { hedge: { percentile: 2 } as never } } };
    expect(() => createHttpPolicy(bad)).toThrow(
      'hosts["a.com"].hedge must be what hedge() returns, got {"percentile":2}',
    );
    const request = { method: 'GET', url: 'http://a.com/', headers: { get: () => null }, replayable: true };
    const attempt = async (): Promise<never> => expect.unreachable('nothing is sent');
    const run = createHttpPolicy().run(request, attempt, { hedge: { methods: ['POST'] } as never });
    await expect(run).rejects.toThrow('cutout.hedge must be what hedge() returns');
  });

  it.each([true, {}, { name: 'hedge', delayMs: 5 }, 5, 'on', bulkhead({ maxConcurrent: 1 })])(
    '%j in place of a strategy is refused, with the import that makes one',
    option => {
      const build = (): unknown => createHttpPolicy({ hedge: option as never });
      expect(build).toThrow(/^hedge must be what hedge\(\) returns, got .*: import \{ hedge \} from/);
    },
  );
});
