/** Prints what every adapter did, a column per adapter. */

import {
  type Capabilities,
  type ConformanceColumn,
  leftOut,
  reasonAgainst,
  SCENARIOS,
  type Scenario,
} from '@cutout/testing';

export interface Adapter {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly column: ConformanceColumn;
}

/** A cell is requests, verdicts, state, outstanding permits and busy sockets; `=` if the same as the first one. */
export function conformanceTable(adapters: readonly Adapter[]): string {
  const rows = SCENARIOS.map(scenario => [scenario.name, ...cells(scenario, adapters)]);
  const head = ['requests verdicts state outstanding busy', ...adapters.map(adapter => adapter.name)];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => (row[i] ?? '').length)));
  const lines = [head, ...rows].map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\n${lines.join('\n')}\n\n${notPlayed(adapters)}`;
}

function cells(scenario: Scenario, adapters: readonly Adapter[]): string[] {
  let before: string | undefined;
  return adapters.map(({ capabilities, column }) => {
    if (reasonAgainst(scenario, capabilities) !== undefined) return '-';
    const seen = column.get(scenario.name);
    const cell = seen
      ? `${seen.requests} ${inShort(seen.verdicts)} ${seen.state} ${seen.outstanding} ${seen.busySockets}`
      : 'NOT PLAYED';
    const shown = cell === before ? '=' : cell;
    before ??= cell;
    return shown;
  });
}

function inShort(verdicts: string): string {
  return verdicts.length > 20 ? `${verdicts.charAt(0)} x${verdicts.length}` : verdicts || 'none';
}

function notPlayed(adapters: readonly Adapter[]): string {
  return adapters
    .flatMap(({ name, capabilities }) => leftOut(capabilities).map(line => `- ${name}: ${line}`))
    .join('\n');
}
