/** The closing table. */

import type { Caller, CallRecord } from './caller.ts';
import type { Outage, Side } from './outage.ts';
import type { CircuitChange } from './timeline.ts';

export interface Findings {
  readonly bare: Caller;
  readonly cutout: Caller;
  readonly outage: Outage;
  readonly circuit: readonly CircuitChange[];
}

export function closingTable(findings: Findings): string {
  const rows: [label: string, bare: string, cutout: string][] = [
    ['', findings.bare.name, findings.cutout.name],
    both(findings, 'calls', records => String(records.length)),
    both(findings, 'answered', records => count(records, 'answered')),
    both(findings, 'failed after waiting', records => count(records, 'failed')),
    both(findings, 'failed fast, nothing sent', records => count(records, 'refused')),
    both(findings, 'p50 wait', records => milliseconds(quantile(records, 0.5))),
    both(findings, 'p99 wait', records => milliseconds(quantile(records, 0.99))),
    ...outageRows(findings),
  ];
  return `\n${rows.map(([label, bare, cutout]) => `  ${label.padEnd(38)}${bare.padStart(12)}${cutout.padStart(12)}`).join('\n')}\n`;
}

/** Rows that need a server that follows our script. */
function outageRows(findings: Findings): [string, string, string][] {
  const { outage, circuit } = findings;
  const { down } = outage;
  if (!down) return [['time to open', '-', seconds(circuit.find(change => change.to === 'open')?.at)]];
  const whileDown = (record: CallRecord): boolean => isWithin(record.startedAt - outage.startedAt, down);
  const arrived = (side: Side): string => String(outage.arrivedWhileDown(side));
  const opened = circuit.find(change => change.to === 'open' && change.at >= down.from);
  const closed = circuit.find(change => change.to === 'closed' && change.at >= down.to);
  return [
    ['requests that reached it while down', arrived('bare'), arrived('cutout')],
    both(findings, 'p50 wait while it was down', records => milliseconds(quantile(records.filter(whileDown), 0.5))),
    both(findings, 'p99 wait while it was down', records => milliseconds(quantile(records.filter(whileDown), 0.99))),
    ['time to open', '-', seconds(opened && opened.at - down.from)],
    both(findings, 'time to the first answer after recovery', records =>
      seconds(firstAnswer(records, outage.startedAt + down.to)),
    ),
    ['time to recover: circuit closed', '-', seconds(closed && closed.at - down.to)],
  ];
}

function both(
  findings: Findings,
  label: string,
  of: (records: readonly CallRecord[]) => string,
): [string, string, string] {
  return [label, of(findings.bare.records), of(findings.cutout.records)];
}

function count(records: readonly CallRecord[], result: CallRecord['result']): string {
  return String(records.filter(record => record.result === result).length);
}

function isWithin(at: number, { from, to }: { from: number; to: number }): boolean {
  return at >= from && at < to;
}

/** Milliseconds from `after` to the end of the first answered call. */
function firstAnswer(records: readonly CallRecord[], after: number): number | undefined {
  const ends = records
    .filter(record => record.result === 'answered')
    .map(record => record.startedAt + record.waitedMs)
    .filter(end => end >= after);
  return ends.length === 0 ? undefined : Math.min(...ends) - after;
}

function quantile(records: readonly CallRecord[], q: number): number | undefined {
  const sorted = records.map(record => record.waitedMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1_000).toFixed(2)} s`;
}
