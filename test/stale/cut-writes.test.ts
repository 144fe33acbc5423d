import { answer, breakBody, ScriptedServer } from '@cutout/testing';
import { describe, expect, it } from 'vitest';
import { STALE_ADAPTERS, stalePolicy } from './adapters.ts';

/** All but axios, which reads the body itself: its error for a reset body does not show that there was an answer. */
const REPORTING = STALE_ADAPTERS.filter(({ name }) => !name.startsWith('axios'));

/** A write whose good answer was cut short has changed the resource (RFC 9111 section 4.4). */
describe.each(REPORTING)('behind $name', ({ attach }) => {
  it('a write drops the kept answer, even if its good answer is cut short', async () => {
    await using server = await ScriptedServer.start(answer(503));
    const { send, close } = attach(stalePolicy());
    server.next(answer(200, { body: 'old' }), breakBody('reset'));
    expect(await send(server.url())).toBe('200 old');
    expect(await send(server.url(), { method: 'PUT' })).toBe('failed');
    expect(await send(server.url())).toBe('503 ');
    await close?.();
  });
});
