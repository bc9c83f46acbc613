import type {
  EvidenceReport,
  ReportedRun,
  RunOutcome,
  RunSeries,
} from '../../domain/evidence/report-schema.ts';
import { type Markup, markup, showMoment } from './markup.ts';

/** The worst first: a day shows the worst of its runs. */
const SIGNS: readonly [RunOutcome, string, string][] = [
  ['missed', '✕', 'missed'],
  ['failed', 'F', 'failed'],
  ['suspect', '!', 'taken, and SUSPECT'],
  ['late', 'L', 'taken more than 2 h late'],
  ['pending', '…', 'may still run'],
  ['before-plan', '○', 'before the first sign of the plan'],
  ['taken', '✓', 'taken'],
];

export function nameOutcome(outcome: RunOutcome): string {
  return SIGNS.find(([name]) => name === outcome)?.[2] ?? outcome;
}

/** A row for each plan and database, a column for each day; runs are numbered, so that a gap shows. */
export function calendar({ series, from, to }: EvidenceReport): Markup {
  if (series.length === 0) return markup`<p class="none">No plan has a schedule.</p>`;
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
  const columns = Array.from({ length: days }, (_, index) => index + 1);
  return markup`<p class="key">${SIGNS.map(
    ([, sign, text], index) => markup`${index === 0 ? '' : ', '}${sign} ${text}`,
  )}. Below the sign: the numbers of the runs that were due on that day (UTC).</p>
<div class="wide"><table class="calendar"><thead><tr><th scope="row">plan / database</th>${columns.map(
    (day) => markup`<th scope="col">${day}</th>`,
  )}</tr></thead><tbody>${series.map((one) => row(one, columns))}</tbody></table></div>`;
}

function row({ plan, database, runs, schedule, timezone }: RunSeries, days: number[]): Markup {
  const byDay = new Map<number, ReportedRun[]>();
  for (const run of runs) {
    const day = Number(run.dueAt.slice(8, 10));
    byDay.set(day, [...(byDay.get(day) ?? []), run]);
  }
  return markup`<tr><th scope="row" title="${schedule} ${timezone}">${plan} / ${database}</th>${days.map(
    (day) => cell(byDay.get(day) ?? []),
  )}</tr>
`;
}

function cell(runs: readonly ReportedRun[]): Markup {
  const [first] = runs;
  const last = runs.at(-1);
  if (first === undefined || last === undefined) return markup`<td></td>`;
  const worst = SIGNS.find(([name]) => runs.some(({ outcome }) => outcome === name));
  const numbers = runs.length === 1 ? `${first.number}` : `${first.number}–${last.number}`;
  const title = runs
    .map(({ number, dueAt, outcome }) => `${number}: due ${showMoment(dueAt)}, ${outcome}`)
    .join('; ');
  return markup`<td class="${worst?.[0] ?? ''}" title="${title}">${worst?.[1] ?? ''}<small>${numbers}</small></td>`;
}
