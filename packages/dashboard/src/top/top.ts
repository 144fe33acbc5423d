/** `top URL`: the dashboard in a terminal, or printed once. */

import type { ReadStream, WriteStream } from 'node:tty';
import type { DashboardSnapshot } from '../snapshot.ts';
import { select, type View } from '../view.ts';
import type { TopArguments } from './arguments.ts';
import { type Controls, press } from './controls.ts';
import { follow } from './follow.ts';
import { fetchSnapshot } from './reach.ts';
import { type Connection, renderTop } from './render-top.ts';
import { type Screen, takeTerminal } from './terminal.ts';

export interface Surroundings {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs until the user exits. @throws UnreachableError without a dashboard */
export async function top(options: TopArguments, surroundings: Surroundings): Promise<void> {
  if (options.json) return printJson(options, surroundings);
  if (options.once || !surroundings.output.isTTY) return printOnce(options, surroundings);
  return watch(options, surroundings);
}

async function printJson(options: TopArguments, { output }: Surroundings): Promise<void> {
  const snapshot = await fetchSnapshot(options, options.view);
  output.write(`${JSON.stringify(snapshot, null, 2).replace(UNSAFE_IN_JSON, escaped)}\n`);
}

/** Characters that JSON leaves unescaped, but that could control a terminal. */
const UNSAFE_IN_JSON = /[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  return character.replace(/./gs, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function printOnce(options: TopArguments, { output, env }: Surroundings): Promise<void> {
  const snapshot = await fetchSnapshot(options, options.view);
  const lines = renderTop(snapshot, {
    now: snapshot.at,
    columns: output.columns ?? (Number(env['COLUMNS']) || Number.POSITIVE_INFINITY),
    rows: Number.POSITIVE_INFINITY,
    colour: hasColour(output, env),
    view: options.view,
  });
  output.write(lines.map(line => `${line}\n`).join(''));
}

/** https://no-color.org */
function hasColour(output: WriteStream, env: Surroundings['env']): boolean {
  return output.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** The snapshot on the screen, and when it arrived. */
interface Shown {
  readonly snapshot: DashboardSnapshot;
  readonly view: View;
  readonly receivedAt: number;
}

async function watch(options: TopArguments, { input, output, env }: Surroundings): Promise<void> {
  let controls: Controls = { view: options.view };
  let shown: Shown | undefined;
  let lost: string | undefined;
  let screen: Screen | undefined;
  const colour = hasColour(output, env);

  const draw = (): void => {
    if (!shown) return;
    const ageMs = performance.now() - shown.receivedAt;
    const connection: Connection = lost === undefined ? { live: true } : { live: false, sinceMs: ageMs, why: lost };
    const { columns, rows } = output;
    const now = shown.snapshot.at + ageMs;
    screen?.draw(renderTop(inView(shown, controls.view), { ...controls, now, columns, rows, colour, connection }));
  };

  const onKeys = (keys: readonly string[]): void => {
    for (const key of keys) {
      const next = press(controls, key);
      if (next === 'quit') return following.close();
      if (next.view !== controls.view) following.show(next.view);
      controls = next;
    }
    draw();
  };

  const following = follow(options, options.view, {
    onSnapshot: (snapshot, view) => {
      shown = { snapshot, view, receivedAt: performance.now() };
      lost = undefined;
      // Not before the first snapshot: the error for a wrong address must stay on the screen.
      screen ??= takeTerminal(input, output, onKeys);
      draw();
    },
    onLost: ({ message }) => {
      lost = message;
      draw();
    },
  });

  await whileDrawing(draw, following, output, () => screen?.restore());
}

/** Draws each second, and when the terminal's size changes, until `following` ends. */
async function whileDrawing(
  draw: () => void,
  following: ReturnType<typeof follow>,
  output: Surroundings['output'],
  restore: () => void,
): Promise<void> {
  const ticking = setInterval(draw, 1_000);
  const signals = onSignals(following.close);
  output.on('resize', draw);
  try {
    await following.ended;
  } finally {
    clearInterval(ticking);
    output.off('resize', draw);
    restore();
    signals.raise();
  }
}

/** Applies the new view to the current rows until the server answers. */
function inView({ snapshot, view }: Shown, wanted: View): DashboardSnapshot {
  if (view === wanted) return snapshot;
  const { rows, matching } = select(snapshot.hosts, wanted);
  return { ...snapshot, hosts: rows, matching: wanted.filter === view.filter ? snapshot.matching : matching };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** SIGINT acts like Ctrl-C. Other signals end the process as usual, after the terminal is restored. */
function onSignals(end: () => void): { raise: () => void } {
  let received: NodeJS.Signals | undefined;
  const receive = (signal: NodeJS.Signals): void => {
    received = signal;
    end();
  };
  for (const signal of SIGNALS) process.on(signal, receive);
  const raise = (): void => {
    for (const signal of SIGNALS) process.off(signal, receive);
    if (received !== undefined && received !== 'SIGINT') process.kill(process.pid, received);
  };
  return { raise };
}
