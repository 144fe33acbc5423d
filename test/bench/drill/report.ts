/** The drill as Markdown, and the promises for our adapters. */

import { BUDGET_DEFAULTS } from '@cutout/http';
import { check, type Kept } from './kept.ts';
import type { PhaseResult, Result } from './measure.ts';
import { phaseOf, stalePromises } from './stale-promises.ts';

const { ratio, minRetriesPerSecond, ttlMs } = BUDGET_DEFAULTS;
const PHASE_SECONDS = 4;
/** Full at the beginning, and refilled during use. */
const RESERVE = minRetriesPerSecond * (ttlMs / 1_000 + PHASE_SECONDS);
/** The probes that a half-open circuit admits, every two seconds. */
const PROBES = 5;

export function tables(results: readonly Result[]): string {
  const phases = (results[0] as Result).byPhase.filter(({ phase }) => !phase.startsWith('well again'));
  const column = (title: string, cell: (phase: PhaseResult) => string): string =>
    table(
      ['', ...phases.map(({ phase }) => phase)],
      results.map(result => [bold(result), ...phases.map(({ phase }) => cell(phaseOf(result, phase)))]),
      title,
    );
  return [
    column('Requests that reached the server, per call', ({ requestsPerCall }) => requestsPerCall.toFixed(2)),
    column('Calls answered, in per cent', ({ answered, calls }) => ((100 * answered) / calls).toFixed(0)),
    column(
      'GETs answered, of those whose path had been seen before / of the others',
      ({ seen, unseen }) => `${seen.answered} of ${seen.calls} / ${unseen.answered} of ${unseen.calls}`,
    ),
    column(
      'What the caller waits: median / 99th percentile, ms',
      ({ p50, p99 }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`,
    ),
    column('Until the circuit opened, ms (requests to the server after that)', ({ toOpenMs, requestsOnceOpen }) =>
      toOpenMs === undefined ? '-' : `${toOpenMs.toFixed(0)} (${requestsOnceOpen})`,
    ),
    table(
      [
        '',
        'duplicated POSTs',
        'streamed bodies lost',
        'wrong bodies',
        'back after, ms',
        'sockets left',
        'of them busy',
      ],
      results.map(result => [
        bold(result),
        String(result.duplicates),
        String(result.lost),
        String(result.wrongBodies),
        result.toRecoverMs.toFixed(0),
        String(result.openSockets),
        String(result.busySockets),
      ]),
      'In all',
    ),
  ].join('\n\n');
}

const bold = ({ name, ours }: Result): string => (ours ? `**${name}**` : name);

function table(head: readonly string[], rows: readonly (readonly string[])[], title: string): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [`## ${title}`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The promises that the drill checks, and whether they hold. */
export function promises(results: readonly Result[]): readonly Kept[] {
  const ours = results.filter(each => each.ours);
  const peers = results.filter(each => !each.ours);
  const failing = ours.flatMap(({ name, byPhase }) =>
    byPhase.filter(each => each.failing).map(each => ({ name, ...each })),
  );
  const overBudget = failing.filter(({ requests, calls, paying }) => requests > calls + ratio * paying + RESERVE);
  const chatty = failing.filter(({ phase, requestsOnceOpen }) => requestsOnceOpen > allowedOnceOpen(phase));
  const hasty = failing.filter(({ phase, requestsInPause }) => phase === '429' && requestsInPause > 0);
  const extra = ours.filter(
    ({ byPhase }) => byPhase[0]?.requests !== byPhase[0]?.calls || byPhase[0]?.answered !== byPhase[0]?.calls,
  );
  const worse = (['duplicates', 'lost', 'busySockets'] as const).filter(harm =>
    ours.some(each => each[harm] > Math.min(...peers.map(peer => peer[harm]))),
  );
  const p99 = (result: Result): number => phaseOf(result, 'dead').p99;
  const slowest = Math.max(...ours.map(p99));
  return [
    check(
      'in every failing phase at most as many retries as a fifth of the calls of the phase and of the ten seconds before, plus the reserve',
      overBudget.map(describe),
    ),
    check('once a circuit is open, only probes', chatty.map(describe)),
    check('no request during a Retry-After that opened the circuit', hasty.map(describe)),
    check(
      'in the healthy phase every call is answered, with as many requests as calls',
      extra.map(({ name }) => name),
    ),
    check(
      'no duplicated POST and no body lost',
      ours.filter(({ duplicates, lost }) => duplicates + lost > 0).map(({ name }) => name),
    ),
    ...stalePromises(ours),
    check('no more duplicates, lost bodies and busy sockets than the best of the others', worse),
    {
      promise: 'no caller waits longer than a quarter of a second on a dead host',
      holds: slowest <= 250,
      seen: `the slowest of ours: ${slowest.toFixed(0)} ms at the 99th percentile`,
    },
  ];
}

function allowedOnceOpen(phase: string): number {
  if (phase === '429') return PROBES;
  return Math.ceil(PHASE_SECONDS / 2) * PROBES;
}

function describe({ name, phase, requests, calls, requestsOnceOpen, paying }: PhaseResult & { name: string }): string {
  return `${name}, ${phase}: ${requests} requests for ${calls} calls (${paying} pay), ${requestsOnceOpen} once open`;
}
