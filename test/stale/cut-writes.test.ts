import { answer, breakBody, ScriptedServer } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { STALE_ADAPTERS, stalePolicy } from './adapters.ts';

/** axios reads the body itself, and its error about one that was reset tells of no answer: it may as well have come before any. */
const TELLING = STALE_ADAPTERS.filter(({ name }) => !name.startsWith('axios'));

/** A write of which the good answer was lost half-way has changed what is there (RFC 9111 section 4.4). */
describe.each(TELLING)('behind $name', ({ attach }) => {
  it('a write drops what is kept, even where its good answer is cut short', async () => {
    await using server = await ScriptedServer.start(answer(503));
    const { ask, close } = attach(stalePolicy());
    server.next(answer(200, { body: 'old' }), breakBody('reset'));
    expect(await ask(server.url())).toBe('200 old');
    expect(await ask(server.url(), { method: 'PUT' })).toBe('failed');
    expect(await ask(server.url())).toBe('503 ');
    await close?.();
  });
});
