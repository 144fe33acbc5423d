import { describe, expect, it } from 'vitest';
import { FULL, QUICK } from './effort.ts';
import { parseOptions } from './options.ts';

describe('the command line of the benchmark', () => {
  it('publishes what was measured in full, and nothing else', () => {
    expect(parseOptions([])).toEqual({
      only: ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'],
      effort: FULL,
      publish: true,
    });
    expect(parseOptions(['--quick'])).toMatchObject({ effort: QUICK, publish: false });
    expect(parseOptions(['--only', 'a, C'])).toEqual({ only: ['A', 'C'], effort: FULL, publish: false });
  });

  it('refuses what it does not know', () => {
    expect(() => parseOptions(['--only', 'A,Z'])).toThrow(
      new RangeError('--only must name sections out of A, B, C, D, E, F, G, H, I, got "Z"'),
    );
    expect(() => parseOptions(['--olny', 'A'])).toThrow("Unknown option '--olny'");
  });
});
