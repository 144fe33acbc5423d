/** The preload in separate processes: unmodified programs, on the Node that runs the tests. */

import { join } from 'node:path';
import { answer, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..');
const register = join(root, 'packages/undici/dist/register.js');

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(503));
});
afterEach(() => server.close());

const SEVEN_FETCHES = `
  for (let i = 0; i < 7; i++) {
    await fetch(process.argv[1]).then(
      async response => (await response.text(), console.log(response.status)),
      error => console.log(error.cause.code),
    );
  }`;

const preloaded = (program: string, env: Record<string, string> = {}) =>
  runProgram(['--import', register, '--input-type=module', '-e', program, server.url()], env);

describe('a program started with --import @cutout/undici/register', () => {
  it('has a guarded built-in fetch, with retries off', async () => {
    const { code, output } = await preloaded(SEVEN_FETCHES);
    expect(output.split(/\s+/).slice(0, 7)).toEqual([...Array(5).fill('503'), 'ERR_CIRCUIT_OPEN', 'ERR_CIRCUIT_OPEN']);
    expect(code).toBe(0);
    expect(server.requests).toHaveLength(5);
  });

  it('prints once at the start what is not guarded, unless quiet', async () => {
    const { output } = await preloaded('');
    expect(output.match(/clients of node:http and of a dispatcher of their own are not/g)).toHaveLength(1);
    expect((await preloaded('', { CUTOUT_QUIET: '1' })).output.trim()).toBe('');
  });

  it('takes its options from the environment', async () => {
    const { output } = await preloaded(SEVEN_FETCHES, { CUTOUT_FAILURES: '2', CUTOUT_FAILURE_STATUS: '503' });
    expect(output.match(/ERR_CIRCUIT_OPEN/g)).toHaveLength(5);
    expect(server.requests).toHaveLength(2);
  });

  it('does not start with an invalid option, and says why', async () => {
    for (const [name, value, message] of [
      ['CUTOUT_FAILURES', '0', 'breaker.failures must be a positive integer, got 0'],
      ['CUTOUT_MODE', 'on', "breaker.mode must be one of 'enforce', 'shadow', 'off', got \"on\""],
      ['CUTOUT_OPEN', '1', 'CUTOUT_OPEN is not an option'],
    ] as const) {
      const { code, output } = await preloaded('console.log("started")', { [name]: value });
      expect(code).toBe(1);
      expect(output).toContain(message);
      expect(output).not.toContain('started');
    }
  });

  it('exits by itself: nothing of ours keeps a process alive', async () => {
    const { code, output } = await preloaded('console.log("ended")');
    expect({ code, ended: output.includes('ended') }).toEqual({ code: 0, ended: true });
  });

  it('is bypassed by a createFetch above it', async () => {
    const program = `
      const { createFetch } = await import('@cutout/fetch');
      const guarded = createFetch({ retry: { maxRetries: 2, backoff: () => 1 } });
      await guarded(process.argv[1]);
      for (let i = 0; i < 6; i++) await fetch(process.argv[1]).catch(error => console.log(error.cause.code));
    `;
    const { output } = await preloaded(program);
    expect(output).toContain('ERR_CIRCUIT_OPEN');
    expect(server.requests).toHaveLength(3 + 5);
  });

  it('guards npm undici after its import, which on Node 22 replaces the installed dispatcher', async () => {
    const program = `
      const { request } = await import('undici');
      const { installGlobalDispatcher } = await import('@cutout/undici');
      if (process.version.startsWith('v22.')) installGlobalDispatcher();
      for (let i = 0; i < 6; i++) await request(process.argv[1]).then(({ body }) => body.dump(), error => console.log(error.code));
    `;
    const { output } = await preloaded(program);
    expect(output).toContain('ERR_CIRCUIT_OPEN');
    expect(server.requests).toHaveLength(5);
  });
});
