/** `cutout-dashboard top` in a separate process, printing and in a pseudo terminal, with a loopback server. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DashboardSnapshot } from '../../packages/dashboard/src/snapshot.ts';
import { runProgram } from '../run-program.ts';
import { type Answer, AT, type FakeDashboard, makeRow, makeSnapshot, startFake } from './fake-dashboard.ts';

const PROGRAM = join(import.meta.dirname, '../../packages/dashboard/src/bin.ts');

const EVIL = 'https://evil\x1b[2J\x9b31m\u202e.example';
const OPEN = makeRow('https://open.example', { state: 'open', since: AT - 1_000, downSince: AT - 1_000, refused: 41 });
const ROWS = [OPEN, makeRow('https://busy.example', { calls: 800 }), makeRow(EVIL, { id: 'evil', calls: 700 })];

const running: FakeDashboard[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(fake => fake[Symbol.asyncDispose]()));
});

async function start(
  snapshot: () => DashboardSnapshot = () => makeSnapshot(ROWS),
  other?: Answer,
): Promise<FakeDashboard> {
  const fake = await startFake(snapshot, other);
  running.push(fake);
  return fake;
}

const run = (...args: string[]) => runProgram([PROGRAM, ...args]);
const queryOf = (fake: FakeDashboard, index: number): string => fake.requests.at(index)?.url?.split('?')[1] ?? '';

describe('top, printing', () => {
  it('prints one snapshot as plain text without a terminal', async () => {
    const fake = await start();
    const { code, output } = await run('top', fake.url);
    expect(code).toBe(0);
    expect(output.split('\n')[0]).toBe('1 open of 3 circuits | 1513 calls/s | 41 refused/s | shop');
    expect(output).toMatch(/^▲ open +1s .*open\.example/m);
    expect(output.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  });

  it('requests the view, keeps the query, and sends the credentials of the address', async () => {
    const fake = await start();
    const address = `${fake.url.replace('//', '//ann:secret@')}?auth=x%2Fy`;
    await run('top', address, '--once', '--filter', 'busy', '--sort', 'calls', '--reversed', '--limit', '2');
    const expected = { auth: 'x/y', format: 'json', filter: 'busy', sort: 'calls', reversed: '', limit: '2' };
    expect(Object.fromEntries(new URLSearchParams(queryOf(fake, 0)))).toEqual(expected);
    expect(fake.requests[0]?.headers.authorization).toBe(`Basic ${btoa('ann:secret')}`);
  });

  it('prints the snapshot as JSON that is safe for a terminal', async () => {
    const fake = await start();
    const { code, output } = await run('top', fake.url, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toEqual(makeSnapshot([ROWS[0], ROWS[1], ROWS[2]] as typeof ROWS));
    expect(output).toContain('\\u009b31m\\u202e');
    expect(output.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  });

  it.each<[string, Answer, string]>([
    ['404', (_, response) => response.writeHead(404).end('no'), 'answered 404'],
    [
      'a page',
      (_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>'),
      'answered text/html without a snapshot',
    ],
    [
      'other JSON',
      (_, response) => response.setHeader('content-type', 'application/json').end('{"hosts":[]}'),
      'answered application/json without a snapshot',
    ],
    ['nothing', () => undefined, 'said nothing for 0.2 s'],
    ['half an answer', (_, response) => response.write('{'), 'said nothing for 0.2 s'],
    [
      'a broken answer',
      (_, response) => response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
      'cannot be reached: ',
    ],
  ])('says what came instead: %s', async (_name, answer, message) => {
    const silence = message.startsWith('said nothing') ? '0.2' : '60';
    const fake = await start(undefined, answer);
    const { code, output } = await run('top', `${fake.url}?secret=1`, '--once', '--timeout', silence);
    expect(output).toContain(`cutout-dashboard: ${fake.url}: ${message}`);
    expect(output).not.toContain('secret');
    expect(code).toBe(1);
  });

  it('reports an unreachable server', async () => {
    const fake = await start();
    await fake.die();
    expect(await run('top', fake.url, '--json')).toEqual({
      code: 1,
      output: `cutout-dashboard: ${fake.url}: cannot be reached: ECONNREFUSED\n`,
    });
  });

  it('reports an invalid command line', async () => {
    const { code, output } = await run('top', 'http://127.0.0.1:1/', '--limit', 'many');
    expect(code).toBe(2);
    expect(output.split('\n')).toEqual([
      'cutout-dashboard: --limit must be a whole number from 1 to 1000, got "many"',
      'usage: cutout-dashboard top URL [options]   (--help lists them)',
      '',
    ]);
  });

  it('prints help', async () => {
    const { code, output } = await run('--help');
    expect(code).toBe(0);
    expect(output).toMatch(/^usage: cutout-dashboard top URL/);
  });
});

/** `script` of util-linux runs a command in a pseudo terminal. */
const SCRIPT = 'script';
const canHaveTerminal = spawnSync(SCRIPT, ['--version']).status === 0;
const TIMEOUT = { timeout: 15_000, interval: 20 };

describe.skipIf(!canHaveTerminal)('top, in a terminal', () => {
  it('shows messages line by line', async () => {
    const fake = await start();
    const terminal = open('top', fake.url);
    await terminal.shows(0, '1 open of 3 circuits | 1513 calls/s | 41 refused/s | live | shop');
    await terminal.shows(2, /^▲ open .* open\.example/);
    const totals = { ...makeSnapshot(ROWS).totals, calls: 7, open: 0 };
    fake.send({ at: AT + 1_000, totals, hosts: [{ ...OPEN, state: 'half-open', calls: 5 }] });
    await terminal.shows(0, /^0 open of 3 circuits \| 7\.0 calls/);
    await terminal.shows(2, /^◐ half-open .* open\.example/);
    await terminal.shows(4, /evil�\[2J�31m�\.exam/);
    terminal.press('q');
    await terminal.endsRestored(0);
  });

  it('requests the view that the keys select', async () => {
    const fake = await start();
    const terminal = open('top', `${fake.url}?auth=x`);
    await terminal.shows(2, /open\.example/);
    terminal.press('s');
    await vi.waitFor(() => expect(queryOf(fake, -1)).toBe('auth=x&format=stream&sort=key'), TIMEOUT);
    await terminal.shows(2, /busy\.example/);
    terminal.press('r');
    await vi.waitFor(() => expect(queryOf(fake, -1)).toBe('auth=x&format=stream&sort=key&reversed='), TIMEOUT);
    await terminal.shows(2, /open\.example/);
    terminal.press('/bus');
    await terminal.shows(-1, /^filter: bus_/);
    terminal.press('\r');
    await vi.waitFor(() => expect(queryOf(fake, -1)).toContain('filter=bus'), TIMEOUT);
    await terminal.shows(2, /busy\.example/);
    await terminal.shows(-1, /filter: bus \| 1 fit/);
    terminal.press('/\x1b');
    await vi.waitFor(() => expect(queryOf(fake, -1)).not.toContain('filter'), TIMEOUT);
    await terminal.shows(2, /open\.example/);
    terminal.press('\x1b');
    await terminal.endsRestored(0);
  });

  it('reopens a stream with an invalid message', async () => {
    const fake = await start();
    const terminal = open('top', fake.url);
    await terminal.shows(2, /open\.example/);
    fake.send({ at: 'now' as never });
    await terminal.shows(-1, /^server: sent a diff that is none/);
    await terminal.shows(-1, /^q quit/);
    expect(fake.requests).toHaveLength(2);
    terminal.press('q');
    await terminal.endsRestored(0);
  });

  it('waits for a dead server, and continues when it is back', async () => {
    let title = 'before';
    const fake = await start(() => makeSnapshot(ROWS, { title }));
    const terminal = open('top', fake.url);
    await terminal.shows(0, /live \| before$/);
    await fake.die();
    await terminal.shows(0, /\| reconnecting, last data \d+ s ago/);
    await terminal.shows(-1, /^server: cannot be reached: ECONNREFUSED/);
    title = 'after';
    await fake.revive();
    await terminal.shows(0, /live \| after$/);
    terminal.press('\x03');
    await terminal.endsRestored(0);
  });

  it('treats silence as a dead server', async () => {
    const fake = await start();
    const terminal = open('top', fake.url, '--timeout', '2');
    await terminal.shows(-1, /^server: said nothing for 2 s/);
    await vi.waitFor(() => expect(fake.requests.length).toBeGreaterThan(2), TIMEOUT);
    terminal.press('q');
    await terminal.endsRestored(0);
  });

  it('follows the size of the terminal', async () => {
    const fake = await start();
    const terminal = open('top', fake.url);
    await terminal.shows(1, /last failure/);
    terminal.resize(60, 12);
    await terminal.shows(1, /^state +for host +ok % calls\/s refused\/s$/);
    await terminal.shows(11, /^q quit/);
    terminal.press('q');
    await terminal.endsRestored(0);
  });

  it('leaves the screen unchanged without a dashboard', async () => {
    const fake = await start(undefined, (_, response) => response.writeHead(404).end());
    const terminal = open('top', fake.url);
    await terminal.ends(1);
    expect(terminal.output()).toContain(`cutout-dashboard: ${fake.url}: answered 404`);
    expect(terminal.output()).not.toContain('\x1b');
  });

  it('restores the terminal before a signal ends it', async () => {
    const fake = await start();
    const terminal = open('top', fake.url);
    await terminal.shows(2, /open\.example/);
    terminal.signal('SIGTERM');
    await terminal.endsRestored(128 + 15);
  });

  it('leaves out an invalid row, and continues', async () => {
    const fake = await start();
    const terminal = open('top', fake.url);
    await terminal.shows(2, /open\.example/);
    fake.send({ at: AT, hosts: [null as never, { ...OPEN, key: null as never }], totals: { open: 7 } as never });
    await terminal.shows(0, /^7 open/);
    await terminal.shows(2, /open\.example/);
    terminal.press('q');
    await terminal.endsRestored(0);
  });
});

/** Runs it in a shell in a pseudo terminal, which prints its name and modes before, and the modes after. */
function open(...args: string[]) {
  const words = [process.execPath, PROGRAM, '--timeout', '60', ...args].map(word => `'${word}'`).join(' ');
  const shell = `stty cols 120 rows 30; echo "tty=$(tty)="; echo "before=$(stty -g)="; ${words} & echo "pid=$!="; fg %1 >/dev/null; echo "code=$?="; echo "after=$(stty -g)="`;
  const env = { ...process.env, NO_COLOR: '1', TERM: 'xterm', SHELL: '/bin/bash' };
  const child = spawn(SCRIPT, ['-qfec', `set -m; ${shell}`, '/dev/null'], { env });
  children.push(child);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const field = (name: string): string | undefined => new RegExp(`${name}=([^=]*)=`).exec(output)?.[1];
  const ends = async (code: number): Promise<void> => {
    await vi.waitFor(() => expect(field('after')).toBeDefined(), TIMEOUT);
    expect(field('code')).toBe(String(code));
    expect(field('after')).toBe(field('before'));
  };
  return {
    output: () => output,
    press: (keys: string) => child.stdin.write(keys),
    signal: (signal: NodeJS.Signals) => process.kill(Number(field('pid')), signal),
    resize: (columns: number, rows: number) =>
      execFileSync('stty', ['-F', field('tty') ?? '', 'cols', String(columns), 'rows', String(rows)]),
    shows: (line: number, text: string | RegExp) =>
      vi.waitFor(() => {
        const shown = screenOf(output).at(line);
        if (typeof text === 'string') expect(shown).toBe(text);
        else expect(shown).toMatch(text);
      }, TIMEOUT),
    ends,
    /** Cursor, wrapping, the main screen, and the terminal's modes. */
    endsRestored: async (code: number): Promise<void> => {
      await ends(code);
      const [entered, left] = ['\x1b[?1049h\x1b[?25l\x1b[?7l', '\x1b[?7h\x1b[?25h\x1b[?1049l'];
      expect(output.split(entered)).toHaveLength(2);
      expect(output.split(left)).toHaveLength(2);
      expect(output.split(left)[1]).not.toContain('\x1b');
    },
  };
}

/** The text of each line after all output. */
function screenOf(output: string): string[] {
  const latest = output.split('\x1b[2J').at(-1) ?? '';
  const lines: string[] = [];
  for (const part of latest.split('\x1b[').slice(1)) {
    const row = /^(\d+);1H$/.exec(part);
    if (row) lines.push(row[1] as string);
    else if (part.startsWith('2K')) lines[lines.length - 1] += `;${part.slice(2)}`;
  }
  const screen: string[] = [];
  for (const line of lines) {
    const [row = '', ...text] = line.split(';');
    screen[Number(row) - 1] = text.join(';');
  }
  return screen;
}
