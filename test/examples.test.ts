import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DashboardSnapshot } from '@cutout/dashboard';
import { answer, ScriptedServer } from '@cutout/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runProgram } from './run-program.ts';

const root = join(import.meta.dirname, '..');
const demo = join(root, 'examples/demo/main.ts');
const programs = globSync('examples/*/main.ts', { cwd: root }).filter(file => dirname(file) !== 'examples/demo');

describe('the demo', () => {
  it('shows the outage and exits with 0', { timeout: 60_000 }, async () => {
    const { code, output } = await runProgram([demo]);
    expect(code, output).toBe(0);
    expect(output).toMatch(
      /server is dead[\s\S]*circuit is open[\s\S]*server is hanging[\s\S]*server is healthy[\s\S]*circuit is closed/,
    );
    expect(row(output, 'calls')).toHaveLength(2);
    const [bare = 0, cutout = 0] = row(output, 'requests that reached it while down');
    expect(cutout).toBeGreaterThanOrEqual(5);
    expect(cutout).toBeLessThan(bare);
    expect(row(output, 'failed fast, nothing sent')[1]).toBeGreaterThan(0);
  });

  it("calls a URL of the user's own", { timeout: 60_000 }, async () => {
    await using server = await ScriptedServer.start(answer(200));
    const { code, output } = await runProgram([demo, '--url', server.url('/mine')]);
    expect(code, output).toBe(0);
    expect(row(output, 'answered')[1]).toBe(row(output, 'calls')[1]);
    expect(server.requests.every(request => request.path === '/mine')).toBe(true);
  });

  it('shows its outage on a live page, and exits on SIGINT', { timeout: 60_000 }, async () => {
    const running = spawn(process.execPath, [demo, '--dashboard'], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void running.kill('SIGKILL'));
    const url = await addressIn(running.stdout);
    const seen = new Set<string>();
    await vi.waitUntil(
      async () => {
        const { hosts } = (await (await fetch(`${url}?format=json`)).json()) as DashboardSnapshot;
        const [{ state } = { state: 'none' }] = hosts;
        return seen.add(state).has('closed') && seen.has('open') && seen.has('half-open');
      },
      { timeout: 30_000, interval: 50 },
    );
    running.kill('SIGINT');
    expect(await once(running, 'exit')).toEqual([0, null]);
  });

  it('reports invalid arguments', async () => {
    for (const args of [['--url', 'nonsense'], ['--unknown'], ['--adapter', 'window']]) {
      const { code, output } = await runProgram([demo, ...args]);
      expect(code).toBe(2);
      expect(output).toContain('Usage: npm run demo');
    }
  });
});

describe('every other example', () => {
  for (const program of programs) {
    it(`${program} prints something and exits with 0`, async () => {
      const { code, output } = await runProgram([join(root, program)]);
      expect(code, output).toBe(0);
      expect(output.trim()).not.toBe('');
    });
  }

  it('is found', () => expect(programs.length).toBeGreaterThan(0));
});

/** Continues reading afterwards, or the program's output would block. */
function addressIn(output: Readable): Promise<string> {
  return new Promise(resolve => {
    output.on('data', chunk => {
      const [, url] = /Live page: (\S+)/.exec(String(chunk)) ?? [];
      if (url) resolve(url);
    });
  });
}

function row(output: string, label: string): number[] {
  const line =
    output.split('\n').find(each => each.trim().startsWith(`${label}  `) || each.trim().startsWith(`${label} `)) ?? '';
  return (line.slice(line.indexOf(label) + label.length).match(/[\d.]+/g) ?? []).map(Number);
}
