/** The page in a real browser, against the real handler. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rate } from '@cutout/core';
import { createDashboard, type Dashboard, type DashboardOptions } from '@cutout/dashboard';
import type { HttpPolicy } from '@cutout/http';
import axe from 'axe-core';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Found, findBrowser, open } from './browser.ts';
import { fail, policyWith, serve, TOKEN } from './serving.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const C = 'https://c.example';
const HOSTILE = 'http://<img src=x onerror=alert(document.domain)>';

let browser: Found;
beforeAll(async () => {
  browser = await findBrowser();
}, 300_000);
afterAll(async () => {
  if ('browser' in browser) await browser.browser.close();
});

interface Shown {
  readonly url: string;
  readonly policy: HttpPolicy;
  readonly dashboard: Dashboard;
  readonly server: Server;
}

async function show(policy = policyWith([A, B, C]), options: DashboardOptions = {}): Promise<Shown> {
  const dashboard = createDashboard(policy, options);
  const served = await serve(dashboard);
  onTestFinished(async () => {
    dashboard.close();
    await served[Symbol.asyncDispose]();
  });
  return { url: served.url, policy, dashboard, server: served.server };
}

const rowOf = (page: Page, key: string) => page.locator(`tr[data-id="0 ${key}"]`);
const keysOf = (page: Page): Promise<(string | null)[]> =>
  page.locator('tbody tr').evaluateAll(rows => rows.map(row => row.getAttribute('data-id')?.slice(2) ?? null));
// biome-ignore lint/performance/useDomNodeTextContent: reads visible text only.
const seen = (what: Locator): Promise<string> => what.innerText();
const isLive = (page: Page): Promise<void> => page.locator('body[data-connection=live]').waitFor();

describe('the page', () => {
  it('shows the circuits, and transitions as they happen', async test => {
    const { url, policy } = await show();
    const { page, complaints } = await open(browser, test, url);
    await isLive(page);
    expect(await keysOf(page)).toEqual([A, B, C]);
    expect(await seen(page.locator('#counts'))).toMatch(/3 circuits/);
    fail(policy, C);
    await page.locator(`tbody tr:first-child[data-id="0 ${C}"][data-state=open]`).waitFor();
    expect(await seen(rowOf(page, C))).toMatch(/open\s.*probe in \d/s);
    expect(await seen(page.locator('#transitions li').first())).toMatch(/closed to\s+open.*https:\/\/c\.example/s);
    expect(await page.title()).toMatch(/^1 open/);
    policy.reset(C);
    await page.locator(`tr[data-id="0 ${C}"][data-state=closed]`).waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a host with markup in its name as text', async test => {
    const policy = policyWith([HOSTILE]);
    const { url } = await show(policy, { title: '</title><script>alert(1)</script>' });
    const { page, complaints } = await open(browser, test, url);
    page.on('dialog', dialog => complaints.push(dialog.message()));
    await isLive(page);
    fail(policy, HOSTILE);
    await page.locator('tr[data-state=open]').waitFor();
    await page.getByRole('button', { name: HOSTILE }).click();
    await page.locator('#summary').filter({ hasText: HOSTILE }).waitFor();
    expect(await seen(page.locator('#transitions'))).toContain(HOSTILE);
    expect(await seen(page.locator('h1'))).toBe('</title><script>alert(1)</script>');
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('recovers after its server was down', { timeout: 60_000 }, async test => {
    const { url, policy, dashboard, server } = await show();
    const { page } = await open(browser, test, url);
    await isLive(page);
    const { port } = server.address() as AddressInfo;
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    await page.locator('body[data-connection=reconnecting]').waitFor();
    expect(await seen(page.locator('#connection'))).toMatch(/reconnecting/);
    policy.registry.delete(A);
    fail(policy, B);
    const again = await serve(dashboard, port);
    onTestFinished(() => again[Symbol.asyncDispose]());
    await isLive(page);
    await page.locator(`tr[data-id="0 ${B}"][data-state=open]`).waitFor();
    expect(await keysOf(page)).toEqual([B, C]);
    expect(await page.locator('#transitions li').count()).toBe(1);
  });

  it('recovers from a silent connection', { timeout: 60_000 }, async test => {
    const dashboard = createDashboard(policyWith([A]));
    let isSilent = false;
    const served = await serve((request, response) => {
      if (isSilent && request.url?.includes('stream')) response.writeHead(200, { 'content-type': 'text/event-stream' });
      else dashboard(request, response);
      if (isSilent) response.flushHeaders();
    });
    onTestFinished(async () => {
      dashboard.close();
      await served[Symbol.asyncDispose]();
    });
    const { page } = await open(browser, test, served.url);
    await isLive(page);
    isSilent = true;
    served.server.closeAllConnections();
    await page.locator('body[data-connection=reconnecting]').waitFor();
    isSilent = false;
    await isLive(page);
  });

  it('shows the first two hundred of many, more on request, and those that match a filter', async test => {
    const keys = Array.from({ length: 450 }, (_, n) => `https://host-${n}.example`);
    const { url } = await show(policyWith(keys));
    const { page } = await open(browser, test, url);
    await isLive(page);
    expect(await page.locator('tbody tr').count()).toBe(200);
    expect(await seen(page.locator('#shown'))).toMatch(/200 of 450/);
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.locator('tbody tr').nth(399).waitFor();
    await page.getByRole('searchbox').fill('HOST-44');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(11);
    await page.reload();
    await isLive(page);
    await expect.poll(() => page.locator('tbody tr').count()).toBe(11);
  });
});

it('keeps the query of its address, which access control may use', async test => {
  const dashboard = createDashboard(policyWith([A]), { token: TOKEN });
  const refused: (string | undefined)[] = [];
  const served = await serve((request, response) => {
    if (request.url?.includes('pass=a%26b')) return dashboard(request, response);
    refused.push(request.url);
    response.writeHead(401).end();
  });
  onTestFinished(async () => {
    dashboard.close();
    await served[Symbol.asyncDispose]();
  });
  const { page } = await open(browser, test, `${served.url}/?pass=a%26b`);
  await isLive(page);
  await page.getByRole('button', { name: A }).click();
  await page.locator('#summary').filter({ hasText: 'is closed' }).waitFor();
  await page.getByRole('searchbox').fill('a.example');
  await expect.poll(() => page.url()).toContain('pass=a%26b#filter=a.example');
  expect(refused).toEqual([]);
});

describe('for the keyboard', () => {
  it('opens and closes a row, and returns the focus to it', async test => {
    const { url } = await show();
    const { page } = await open(browser, test, url);
    await isLive(page);
    await page.locator('tbody button').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: B }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Close');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe(B);
  });

  it('keeps the focus on its row while rows move', async test => {
    const { url, policy } = await show();
    const { page } = await open(browser, test, url);
    await isLive(page);
    await page.locator(`tr[data-id="0 ${B}"] button`).focus();
    fail(policy, C);
    await page.locator(`tbody tr:first-child[data-id="0 ${C}"]`).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe(B);
  });

  it('sorts by a column, and reverses on the second press', async test => {
    const { url } = await show();
    const { page } = await open(browser, test, url);
    await isLive(page);
    const header = page.getByRole('columnheader', { name: 'Host' });
    await header.getByRole('button').press('Enter');
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending');
    await header.getByRole('button').press('Enter');
    await expect.poll(() => keysOf(page)).toEqual([C, B, A]);
    expect(await header.getAttribute('aria-sort')).toBe('descending');
  });
});

describe('the drawer', () => {
  it('shows the explanation and the window against the threshold', async test => {
    const trip = rate({ minimumCalls: 5, window: { type: 'time', durationMs: 60_000 } });
    const policy = policyWith([A], { breaker: { trip } });
    for (let call = 0; call < 8; call++) {
      const permit = policy.breaker(A).acquire();
      if (call < 6) permit.success();
      else permit.failure(new Error('down'));
    }
    const { url } = await show(policy);
    const { page } = await open(browser, test, url);
    await isLive(page);
    await page.getByRole('button', { name: A }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByText('opens at 50 %, now 25 % (2 of 8)').waitFor();
    await drawer.getByText(`circuit "${A}" is closed; 2 of 8 calls failed`).waitFor();
    expect(await drawer.locator('svg rect').count()).toBeGreaterThan(1);
    await drawer.getByText('Read only').waitFor();
  });
});

describe('actions on the page', () => {
  async function isolateWith(page: Page, token: string): Promise<void> {
    await page.locator('#token').fill(token);
    await page.locator('#actor').fill('Anna');
    await page.locator('#answers').getByRole('button', { name: 'Isolate' }).click();
  }

  it('are refused without effect for a wrong token, and done for the right one', async test => {
    const { url, policy } = await show(undefined, { token: TOKEN });
    const { page } = await open(browser, test, url);
    await isLive(page);
    await page.getByRole('button', { name: A }).click();
    await page.locator('#deeds').getByRole('button', { name: 'Isolate' }).click();
    await isolateWith(page, 'this-is-not-the-token');
    await page.getByRole('alert').filter({ hasText: '403' }).waitFor();
    expect(policy.breaker(A).state).toBe('closed');
    await isolateWith(page, TOKEN);
    await rowOf(page, A).and(page.locator('[data-state=isolated]')).waitFor();
    expect(policy.breaker(A).state).toBe('isolated');
    expect(await seen(page.locator('#transitions li').first())).toContain('Anna');
    await page.locator('#deeds').getByRole('button', { name: 'Release' }).click();
    await rowOf(page, A).and(page.locator('[data-state=closed]')).waitFor();
  });

  it('are impossible from a page of another site', async test => {
    const onAction = vi.fn();
    const { url, policy } = await show(undefined, { token: TOKEN, onAction });
    const evil = await serve((_, response) => response.end('<!doctype html><title>evil</title>'));
    onTestFinished(() => evil[Symbol.asyncDispose]());
    const { page } = await open(browser, test, evil.url.replace('127.0.0.1', 'localhost'));
    const answers = await page.evaluate(
      async ([target, token]) => {
        const send = (init: RequestInit) => fetch(`${target}/?action=isolate&id=0%20https%3A%2F%2Fa.example`, init);
        const tries: RequestInit[] = [
          { method: 'POST', headers: { authorization: `Bearer ${token}` } },
          { method: 'POST', mode: 'no-cors' },
          { method: 'POST', mode: 'no-cors', credentials: 'include', body: `token=${token}` },
        ];
        return Promise.all(tries.map(init => send(init).then(({ type, status }) => [type, status], String)));
      },
      [url, TOKEN],
    );
    expect(answers).toEqual(Array(3).fill('TypeError: Failed to fetch'));
    // The browser sent a preflight for the request with the token, and got no permission.
    expect(onAction.mock.calls.map(([{ refused }]) => refused)).toEqual(['origin', 'origin']);
    expect(policy.breaker(A).state).toBe('closed');
  });
});

describe('the appearance', () => {
  const looks = [
    ['light', 1280, false],
    ['dark', 1280, false],
    ['light', 360, false],
    ['dark', 360, true],
    ['light', 1280, true],
    ['dark', 1280, true],
  ] as const;
  it.for(looks)('%s, %i wide, with the drawer open: %s', async ([colorScheme, width, withDrawer], test) => {
    const policy = policyWith([A, B, C, HOSTILE, `https://${'very-long-'.repeat(12)}host.example`]);
    const { url } = await show(policy, { token: TOKEN });
    fail(policy, B);
    policy.breaker(C).isolate();
    const options = { colorScheme, viewport: { width, height: 780 }, bypassCSP: true };
    const { page } = await open(browser, test, url, options);
    await isLive(page);
    if (withDrawer) await page.getByRole('button', { name: B }).click();
    if (withDrawer) await page.locator('#summary').filter({ hasText: 'is open' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await page.screenshot({ path: `.reports/page-${colorScheme}-${width}${withDrawer ? '-drawer' : ''}.png` });
  });
});
