import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHttpPolicy } from '@cutout/http';
import { describe, expect, it } from 'vitest';
import { optionsFrom } from './register-options.ts';

const folder = mkdtempSync(join(tmpdir(), 'cutout-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('the environment', () => {
  it('sets options by its CUTOUT_ variables, and no others', async () => {
    expect(await optionsFrom({ PATH: '/bin', CUTOUT_NAME: '' })).toEqual({});
    const options = await optionsFrom({
      CUTOUT_NAME: 'billing',
      CUTOUT_KEY: 'host',
      CUTOUT_MODE: 'shadow',
      CUTOUT_FAILURES: '3',
      CUTOUT_OPEN_DURATION_MS: '30000',
      CUTOUT_PROBES: '2',
      CUTOUT_SUCCESS_THRESHOLD: '1',
      CUTOUT_PROBE_TIMEOUT_MS: '5e3',
      CUTOUT_FAILURE_STATUS: '5xx, 429,!501',
      CUTOUT_RETRY_STATUS: '503',
      CUTOUT_MAX_RETRIES: '1',
      CUTOUT_ATTEMPT_TIMEOUT_MS: '2000',
      CUTOUT_TOTAL_TIMEOUT_MS: '4000',
      CUTOUT_BODY_FAILURE_WITHIN_MS: '1000',
    });
    expect(options).toEqual({
      name: 'billing',
      key: 'host',
      breaker: {
        mode: 'shadow',
        failures: 3,
        openDurationMs: 30_000,
        halfOpen: { maxCalls: 2, successThreshold: 1, probeTimeoutMs: 5_000 },
      },
      failureStatus: ['5xx', 429, '!501'],
      retryStatus: [503],
      retry: { maxRetries: 1 },
      attemptTimeoutMs: 2_000,
      totalTimeoutMs: 4_000,
      bodyFailureWithinMs: 1_000,
    });
    expect(await optionsFrom({ CUTOUT_MAX_RETRIES: '0' })).toEqual({ retry: false });
  });

  it.each([
    [{ CUTOUT_FAILURE: '3' }, 'CUTOUT_FAILURE is not an option; did you mean CUTOUT_FAILURES?'],
    [{ CUTOUT_FAILURES: 'three' }, 'CUTOUT_FAILURES must be a number, got "three"'],
    [{ CUTOUT_PROBES: ' ' }, 'CUTOUT_PROBES must be a number, got " "'],
  ])('that cannot be read, as in %j, is refused by name and value', async (environment, message) => {
    await expect(optionsFrom(environment)).rejects.toThrow(message);
  });
});

describe('a file', () => {
  it('has the options that the variables override', async () => {
    const json = file('a.json', '{ "attemptTimeoutMs": 100, "breaker": { "openDurationMs": 5 } }');
    expect(await optionsFrom({ CUTOUT_CONFIG: json, CUTOUT_MODE: 'off', CUTOUT_ATTEMPT_TIMEOUT_MS: '200' })).toEqual({
      attemptTimeoutMs: 200,
      breaker: { openDurationMs: 5, mode: 'off' },
    });
  });

  it('may set a trip, in place of which a variable counts failures', async () => {
    const core = new URL('../../core/src/index.ts', import.meta.url).href;
    const options = '{ breaker: { trip: adaptive(), mode: "shadow" } }';
    const module = file('d.mjs', `import { adaptive } from '${core}'; export default ${options};`);
    expect(await optionsFrom({ CUTOUT_CONFIG: module })).toMatchObject({ breaker: { trip: { type: 'adaptive' } } });
    const breaker = { failures: 3, mode: 'shadow' };
    expect(await optionsFrom({ CUTOUT_CONFIG: module, CUTOUT_FAILURES: '3' })).toEqual({ breaker });
  });

  it('may be a module, and export a policy, which no variable changes', async () => {
    const http = new URL('../../http/src/index.ts', import.meta.url).href;
    const module = file('b.mjs', `import { createHttpPolicy } from '${http}'; export default createHttpPolicy();`);
    expect(isHttpPolicy(await optionsFrom({ CUTOUT_CONFIG: module }))).toBe(true);
    const both = optionsFrom({ CUTOUT_CONFIG: module, CUTOUT_MODE: 'off' });
    await expect(both).rejects.toThrow('CUTOUT_MODE must not be given where CUTOUT_CONFIG names a policy');
  });

  it('must be there, and export options', async () => {
    await expect(optionsFrom({ CUTOUT_CONFIG: join(folder, 'none.json') })).rejects.toThrow('none.json');
    const list = optionsFrom({ CUTOUT_CONFIG: file('c.json', '[]') });
    await expect(list).rejects.toThrow(/CUTOUT_CONFIG \(the default export of .*c\.json\) must be an object, got \[\]/);
  });
});
