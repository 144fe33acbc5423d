/** Prints what every door did, one column each. */

import {
  type Capabilities,
  type ConformanceColumn,
  leftOut,
  reasonAgainst,
  SCENARIOS,
  type Scenario,
} from '@cutout/testing';

export interface Door {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly column: ConformanceColumn;
}

/** A cell is requests, verdicts, state, outstanding permits and busy sockets; `=` where a door did what the one before it did. */
export function conformanceTable(doors: readonly Door[]): string {
  const rows = SCENARIOS.map(scenario => [scenario.name, ...cells(scenario, doors)]);
  const head = ['requests verdicts state outstanding busy', ...doors.map(door => door.name)];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map(row => (row[i] ?? '').length)));
  const lines = [head, ...rows].map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `\n${lines.join('\n')}\n\n${notPlayed(doors)}`;
}

function cells(scenario: Scenario, doors: readonly Door[]): string[] {
  let before: string | undefined;
  return doors.map(({ capabilities, column }) => {
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

function notPlayed(doors: readonly Door[]): string {
  return doors.flatMap(({ name, capabilities }) => leftOut(capabilities).map(line => `- ${name}: ${line}`)).join('\n');
}
