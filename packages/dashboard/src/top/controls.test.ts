import { describe, expect, it } from 'vitest';
import { ORDERS, VIEW_DEFAULTS } from '../view.ts';
import { type Controls, press } from './controls.ts';

const START: Controls = { view: VIEW_DEFAULTS };

function pressAll(keys: readonly string[], start: Controls = START): Controls {
  return keys.reduce((controls, key) => {
    const next = press(controls, key);
    if (next === 'quit') throw new Error(`${key} ended it`);
    return next;
  }, start);
}

describe('the keys', () => {
  it.each(['q', 'escape', 'ctrl-c'])('%s exits', key => {
    expect(press(START, key)).toBe('quit');
  });

  it('s cycles through all orders', () => {
    const names = Object.keys(ORDERS);
    const seen = names.map((_, index) => pressAll(Array<string>(index + 1).fill('s')).view.sort);
    expect(seen).toEqual([...names.slice(1), names[0]]);
  });

  it('r toggles the direction', () => {
    expect(pressAll(['r']).view.reversed).toBe(true);
    expect(pressAll(['r', 'r']).view.reversed).toBe(false);
  });

  it('/ edits the filter, and Enter keeps it', () => {
    const edited = pressAll(['/', 'q', 's', 'x', 'backspace', '注']);
    expect(edited).toEqual({ view: VIEW_DEFAULTS, draft: 'qs注' });
    const kept = pressAll(['enter'], edited);
    expect(kept).toEqual({ view: { ...VIEW_DEFAULTS, filter: 'qs注' } });
    expect(pressAll(['/'], kept).draft).toBe('qs注');
    expect(pressAll(['/', 'ctrl-u'], kept).draft).toBe('');
  });

  it('Escape clears the filter without exiting; Ctrl-C exits', () => {
    const kept = pressAll(['/', 'a', 'enter']);
    expect(pressAll(['/', 'escape'], kept)).toEqual(START);
    expect(press(pressAll(['/']), 'ctrl-c')).toBe('quit');
  });

  it('never builds a filter that the server would refuse', () => {
    expect(pressAll(['/', ...'a'.repeat(300)]).draft).toHaveLength(200);
  });

  it('ignores other keys', () => {
    expect(press(START, 'x')).toBe(START);
    expect(press(START, 'enter')).toBe(START);
  });
});
