import { describe, expect, it } from 'vitest';
import { sparkPaths } from './spark-paths.ts';

describe('a sparkline', () => {
  it('has one good bar for 100 per cent', () => expect(sparkPaths([100])).toEqual({ good: 'M0 0h3v18h-3z', bad: '' }));

  it('has one bad bar for 0 per cent', () => expect(sparkPaths([0])).toEqual({ good: '', bad: 'M0 0h3v18h-3z' }));

  it('splits a bar by the percentage, with a gap', () =>
    expect(sparkPaths([50])).toEqual({ good: 'M0 10h3v8h-3z', bad: 'M0 0h3v9h-3z' }));

  it('leaves a gap without answers', () => expect(sparkPaths([null, 100]).good).toBe('M4 0h3v18h-3z'));

  it('shows one failure among thousands', () => expect(sparkPaths([99.99]).bad).toBe('M0 0h3v2h-3z'));
});
