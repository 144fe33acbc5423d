import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Collector } from './collector.ts';

function collect(chunks: readonly Uint8Array[], maxBytes: number, expected?: number): number[] | undefined {
  let kept: Uint8Array | undefined;
  const collector = new Collector(maxBytes, expected, body => {
    kept = body;
  });
  for (const chunk of chunks) {
    collector.add(chunk);
    chunk.fill(7);
  }
  collector.end();
  collector.end();
  return kept && [...kept];
}

it('keeps copies of all chunks in order, whatever their sizes, within its bounds', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 20 }), fc.nat(9_000), (chunks, maxBytes) => {
      const all = chunks.flatMap(chunk => [...chunk]);
      const copies = (): Uint8Array[] => chunks.map(chunk => chunk.slice());
      expect(collect(copies(), maxBytes)).toEqual(all.length > maxBytes ? undefined : all);
      expect(collect(copies(), 1e6, all.length)).toEqual(all);
      expect(collect(copies(), 1e6, all.length + 1)).toBe(undefined);
      expect(collect(copies().map(Buffer.from), 1e6)).toEqual(all);
    }),
  );
});

it('takes a million single bytes, and nothing more once it was dropped', () => {
  const chunk = new Uint8Array(1);
  let length = 0;
  const collector = new Collector(1e6, undefined, body => {
    length = body.byteLength;
  });
  for (let i = 0; i < 1e6; i++) collector.add(chunk);
  collector.end();
  expect(length).toBe(1e6);
  const dropped = new Collector(5, undefined, () => expect.unreachable());
  dropped.add(new Uint8Array(2));
  dropped.drop();
  dropped.add(new Uint8Array(2));
  dropped.end();
});
