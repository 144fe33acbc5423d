import { describe, expect, it } from 'vitest';
import { VIEW_DEFAULTS } from '../view.ts';
import { queryOf, viewOfHash } from './view-in-hash.ts';

describe('the view in the address', () => {
  it('omits defaults', () => expect(queryOf(VIEW_DEFAULTS)).toBe(''));

  it('is read as written', () => {
    const view = { filter: 'a&b=ü #1', sort: 'calls', reversed: true, limit: 600 } as const;
    expect(viewOfHash(`#${queryOf(view)}`)).toEqual(view);
  });

  it.each(['', '#', '#sort=nonsense', '#limit=-1'])('is the default for %j', hash =>
    expect(viewOfHash(hash)).toEqual(VIEW_DEFAULTS),
  );
});
