import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => vi.unstubAllGlobals());

/** The module as a page would load it. */
async function load(): Promise<{ isCutOff(): boolean }> {
  vi.resetModules();
  return import('./browser-lifecycle.ts');
}

describe('a page is cut off', () => {
  it('while it is being left, and no more when it comes back', async () => {
    const target = new EventTarget();
    vi.stubGlobal('document', {});
    vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
    const { isCutOff } = await load();
    expect(isCutOff()).toBe(false);
    target.dispatchEvent(new Event('pagehide'));
    expect(isCutOff()).toBe(true);
    target.dispatchEvent(new Event('pageshow'));
    expect(isCutOff()).toBe(false);
  });

  it('while the device is offline', async () => {
    vi.stubGlobal('navigator', { onLine: false });
    expect((await load()).isCutOff()).toBe(true);
    vi.stubGlobal('navigator', { onLine: true });
    expect((await load()).isCutOff()).toBe(false);
  });

  it('never outside a browser', async () => expect((await load()).isCutOff()).toBe(false));
});
