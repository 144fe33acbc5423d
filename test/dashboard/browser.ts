/** A real browser: an installed Chromium or Chrome, or Debian's if the tests may install it. */

import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { aptGet } from '../debian.ts';

/** The usual paths. */
const PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/** Without a sandbox, which root cannot use, and without background requests. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser, or why there is none. */
export type Found = { readonly browser: Browser } | { readonly missing: string };

export async function findBrowser(): Promise<Found> {
  try {
    return { browser: await launch(PATHS.find(existsSync) ?? (await install())) };
  } catch (error) {
    return { missing: `no Chromium can be run, nor Debian's installed: ${error}` };
  }
}

async function install(): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('only root may install it');
  await aptGet(['install', '-y', '-q', '--no-install-recommends', 'chromium']);
  return '/usr/bin/chromium';
}

function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS });
}

/** The problems of a page: errors, and violations of its content security policy. */
export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
}

/** Without a browser the test is skipped, with the reason. */
export async function open(
  found: Found,
  test: TestContext,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  if ('missing' in found) return test.skip(found.missing);
  const context = await found.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  test.onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, context, complaints };
}
