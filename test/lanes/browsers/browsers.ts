/** The browsers of the lane: Debian's packages, and how each is started with a page. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capabilities } from '@cutout/testing';
import { aptGet } from '../../debian.ts';

export interface Browser {
  readonly name: string;
  readonly packages: readonly string[];
  readonly files: readonly string[];
  readonly capabilities: Capabilities;
  /** Its differences from a user's browser. */
  readonly note?: string;
  /** Its program and arguments; `profile` is an empty directory. */
  command(url: string, profile: string): readonly [program: string, args: readonly string[]];
}

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** Disables everything that a new profile shows or loads by itself. */
const FIREFOX_PREFERENCES = [
  'user_pref("browser.shell.checkDefaultBrowser", false);',
  'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
  'user_pref("browser.startup.homepage_override.mstone", "ignore");',
  'user_pref("network.captive-portal-service.enabled", false);',
  'user_pref("network.connectivity-service.enabled", false);',
  'user_pref("app.update.enabled", false);',
  'user_pref("network.http.request.max-attempts", 1);',
  // Its cache answers instead of the host, and delays a second request to a URL until the first one has ended.
  'user_pref("browser.cache.disk.enable", false);',
  'user_pref("browser.cache.memory.enable", false);',
].join('\n');

/** The capabilities of any browser's fetch. */
const FETCH: Capabilities = {
  bodyInsideAttempt: false,
  perHopKeys: false,
  replaysBodies: true,
  streams: false,
  overrides: true,
  seesEarlyAborts: true,
  fallbacks: true,
  hedges: true,
  servesStale: true,
  sharesConnections: true,
  hidesCauses: true,
};

export const BROWSERS: readonly Browser[] = [
  {
    name: 'Firefox ESR',
    packages: ['firefox-esr'],
    files: ['/usr/bin/firefox-esr'],
    capabilities: { ...FETCH, closesCancelledLater: true },
    note: 'with network.http.request.max-attempts 1 instead of 10, and without its cache: it sends and answers nothing by itself',
    command: (url, profile) => {
      writeFileSync(join(profile, 'user.js'), FIREFOX_PREFERENCES);
      return ['/usr/bin/firefox-esr', ['--headless', '--no-remote', '--profile', profile, url]];
    },
  },
  {
    name: 'WebKitGTK',
    packages: ['webkit2gtk-driver', 'xvfb', 'xauth'],
    files: [MINI_BROWSER, '/usr/bin/xvfb-run'],
    capabilities: { ...FETCH, hidesCutBodies: true },
    command: url => ['/usr/bin/xvfb-run', ['-a', MINI_BROWSER, '--private', url]],
  },
  {
    name: 'Chromium',
    packages: ['chromium'],
    files: ['/usr/bin/chromium'],
    capabilities: FETCH,
    command: (url, profile) => [
      '/usr/bin/chromium',
      [
        '--headless=new',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disk-cache-size=1',
        `--user-data-dir=${profile}`,
        url,
      ],
    ],
  },
];

/** Installs missing packages. @throws Error if that fails. */
export async function install({ packages, files }: Browser): Promise<void> {
  if (files.every(existsSync)) return;
  if (process.getuid?.() !== 0) throw new Error(`${packages.join(', ')} must be installed, which only root may do`);
  await aptGet(['install', '-y', '-q', '--no-install-recommends', ...packages]);
  const missing = files.filter(file => !existsSync(file));
  if (missing.length > 0) throw new Error(`the packages have no ${missing.join(', ')}`);
}

/** Starts a browser with a page. Returns the function that ends it. */
export function start(browser: Browser, url: string): { readonly ended: Promise<string>; stop(): Promise<void> } {
  const profile = mkdtempSync(join(tmpdir(), 'cutout-browser-'));
  const [program, args] = browser.command(url, profile);
  // A separate process group, so all its processes end together.
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', LIBGL_ALWAYS_SOFTWARE: '1' },
  });
  const ended = endOf(child);
  return {
    ended,
    stop: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const STDERR_KEPT = 2_000;

function endOf(child: ChildProcess): Promise<string> {
  let stderr = '';
  child.stderr?.on('data', chunk => {
    stderr = (stderr + chunk).slice(-STDERR_KEPT);
  });
  return new Promise(resolve => {
    child.once('error', error => resolve(String(error)));
    child.once('exit', code => resolve(`exit code ${code}: ${stderr}`));
  });
}
