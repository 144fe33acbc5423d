import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyReader } from './keys.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function make() {
  const keys: string[] = [];
  return { keys, reader: createKeyReader(more => void keys.push(...more)) };
}

describe('keys', () => {
  it.each([
    ['q', ['q']],
    ['\x03', ['ctrl-c']],
    ['\x1b', ['escape']],
    ['ab\r', ['a', 'b', 'enter']],
    ['\x7f\x08\x15', ['backspace', 'backspace', 'ctrl-u']],
    ['\x1b[A\x1b[1;5Cx\x1bOP', ['x']],
    ['\t\x00', []],
    ['注😀', ['注', '😀']],
  ])('are read from %j', (sent, expected) => {
    const { keys, reader } = make();
    reader.push(sent);
    vi.runAllTimers();
    expect(keys).toEqual(expected);
  });

  it('are reported at once', () => {
    const { keys, reader } = make();
    reader.push('q');
    expect(keys).toEqual(['q']);
  });

  it.each([
    ['\x1b', '[A'],
    ['\x1b[', '1;5C'],
    ['\x1b[1;', '5C'],
    ['\x1bO', 'P'],
  ])('are whole when they come in parts: %j, %j', (first, second) => {
    const { keys, reader } = make();
    reader.push(`a${first}`);
    vi.advanceTimersByTime(49);
    reader.push(`${second}b`);
    vi.runAllTimers();
    expect(keys).toEqual(['a', 'b']);
  });

  it('report Escape when nothing follows it', () => {
    const { keys, reader } = make();
    reader.push('\x1b');
    vi.advanceTimersByTime(50);
    reader.push('[A');
    expect(keys).toEqual(['escape', '[', 'A']);
  });

  it('leave no timer', () => {
    const { reader } = make();
    reader.push('\x1b');
    reader.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
