/** Shows events as they happen: four growing rows in a terminal, plain lines elsewhere. */

import type { BreakerState } from '@cutout/core';
import type { Caller, Result } from './caller.ts';
import type { Outage, Phase } from './outage.ts';

const COLUMN_MS = 250;

const SERVER: Record<Phase['name'], string> = { healthy: '=', dead: 'x', hanging: '~', yours: '=' };
const CIRCUIT: Record<BreakerState, string> = { closed: '_', open: '#', 'half-open': '?', isolated: '#' };
const CALLS: Record<Result | 'none', string> = { answered: '.', refused: '-', failed: '!', none: ' ' };
const COLOUR: Record<string, number> = { '=': 32, '.': 32, _: 32, x: 31, '!': 31, '#': 31, '~': 33, '-': 36, '?': 33 };

export interface CircuitChange {
  readonly to: BreakerState;
  readonly at: number;
}

export interface TimelineSources {
  readonly bare: Caller;
  readonly cutout: Caller;
  readonly outage: Outage;
}

export class Timeline {
  readonly transitions: CircuitChange[] = [];
  readonly #out: NodeJS.WriteStream;
  readonly #sources: TimelineSources;
  readonly #rows = { server: '', 'bare fetch': '', cutout: '', circuit: '' };
  readonly #seen = { bare: 0, cutout: 0 };
  #phase: Phase | undefined;
  #drawn = false;
  #ticking: NodeJS.Timeout | undefined;

  constructor(out: NodeJS.WriteStream, sources: TimelineSources) {
    this.#out = out;
    this.#sources = sources;
  }

  start(): void {
    this.#printPhase();
    this.#ticking = setInterval(() => this.#tick(), COLUMN_MS);
  }

  stop(): void {
    clearInterval(this.#ticking);
    this.#tick();
    if (this.#out.isTTY)
      this.#out.write(
        '  = healthy  x dead  ~ hanging    . answered  ! failed  - refused at once    _ closed  # open  ? half-open\n',
      );
  }

  circuit(to: BreakerState, at: number): void {
    this.transitions.push({ to, at });
    if (!this.#out.isTTY) this.#line(at, `circuit is ${to}`);
  }

  #tick(): void {
    const { bare, cutout, outage } = this.#sources;
    this.#printPhase();
    const latest = {
      bare: worst(bare.records.slice(this.#seen.bare)),
      cutout: worst(cutout.records.slice(this.#seen.cutout)),
    };
    Object.assign(this.#seen, { bare: bare.records.length, cutout: cutout.records.length });
    if (!this.#out.isTTY) return;
    this.#rows.server += SERVER[outage.phase.name];
    this.#rows['bare fetch'] += CALLS[latest.bare];
    this.#rows.cutout += CALLS[latest.cutout];
    this.#rows.circuit += CIRCUIT[this.transitions.at(-1)?.to ?? 'closed'];
    this.#draw();
  }

  #printPhase(): void {
    const { phase, nowMs } = this.#sources.outage;
    if (phase === this.#phase || this.#out.isTTY) return;
    this.#phase = phase;
    this.#line(nowMs, phase.name === 'yours' ? 'calls begin' : `server is ${phase.name}`);
  }

  #line(at: number, text: string): void {
    this.#out.write(`${(at / 1_000).toFixed(2).padStart(6)} s  ${text}\n`);
  }

  #draw(): void {
    const lines = Object.entries(this.#rows).map(([name, row]) => `${name.padStart(12)}  ${paint(row)}\x1b[K\n`);
    this.#out.write(`${this.#drawn ? `\x1b[${lines.length}A` : ''}${lines.join('')}`);
    this.#drawn = true;
  }
}

/** The worst result of a column. */
function worst(records: readonly { result: Result }[]): Result | 'none' {
  const results = new Set(records.map(record => record.result));
  return (['failed', 'refused', 'answered'] as const).find(result => results.has(result)) ?? 'none';
}

function paint(row: string): string {
  return row.replace(/(.)\1*/g, run => `\x1b[${COLOUR[run.charAt(0)] ?? 0}m${run}\x1b[0m`);
}
