import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import { speakBytes, speakCount, speakSeconds } from '../../domain/spoken-numbers.ts';
import { calendar, nameOutcome } from './calendar.ts';
import { type Markup, markup, moment, section, showMoment, table } from './markup.ts';
import { plotsOf } from './plots.ts';

export function backups(report: EvidenceReport): Markup {
  const odd = report.series.flatMap(({ plan, database, runs }) =>
    runs
      .filter(({ outcome }) => !['taken', 'before-plan', 'pending'].includes(outcome))
      .map(({ number, dueAt, outcome, set, startedAt, errorCode }) => [
        `${plan} / ${database}`,
        number,
        moment(dueAt),
        nameOutcome(outcome),
        [set ?? '', errorCode ?? '', outcome === 'late' ? `at ${showMoment(startedAt)}` : '']
          .filter((text) => text !== '')
          .join(', '),
      ]),
  );
  const signs = report.series.flatMap(({ plan, database, firstSign, hasSign, counts }) => {
    const name = `${plan} / ${database}`;
    if (!hasSign)
      return [
        `${name}: no set of it and no record of the month was found, so every run counts as missed.`,
      ];
    if (firstSign === null || counts['before-plan'] === 0) return [];
    return [`${name}: its first sign is of ${showMoment(firstSign)}; earlier runs do not count.`];
  });
  const hasRuns = report.series.some(({ runs }) => runs.length > 0);
  const others = report.series.flatMap((one) =>
    one.others.map(({ set, startedAt, why }) => [
      `${one.plan} / ${one.database}`,
      set,
      moment(startedAt),
      why,
    ]),
  );
  return section(
    'Backups that were due',
    calendar(report),
    signs.map((text) => markup`<p>${text}</p>`),
    markup`<h3>Runs that were not taken in time</h3>`,
    table(['plan / database', 'run', 'due (UTC)', 'outcome', 'set or error'], odd, {
      none: hasRuns ? 'Every run that was due left a set in time.' : 'No run was due.',
    }),
    markup`<h3>Sets besides those</h3>`,
    table(['plan / database', 'set', 'begun (UTC)', 'why'], others, {
      none: hasRuns ? 'None.' : 'No plan has a schedule; the databases below list all sets.',
    }),
    markup`<h3>Changes of the config</h3>`,
    report.changes.length === 0
      ? markup`<p class="none">Nothing shows that the config was changed.</p>`
      : report.changes.map((text) => markup`<p>${text}.</p>`),
  );
}

export function databases(report: EvidenceReport): Markup {
  const { rpoSeconds } = report.objectives;
  const rows = report.databases.map(({ database, sets, newest, proven, provenInMonth, rpo }) => [
    database,
    sets.length,
    newest === null ? 'none' : speakSeconds(newest.ageSeconds),
    proven === null ? 'none' : `${proven.id}, ${speakSeconds(proven.ageSeconds)} old`,
    provenInMonth,
    rpo === null
      ? 'not shown'
      : `${speakSeconds(rpo.seconds)}, from ${showMoment(rpo.from)}${rpoSeconds !== null && rpo.seconds > rpoSeconds ? ': longer than the objective' : ''}`,
  ]);
  const unread = report.databases.flatMap(({ database, sets }) =>
    sets.flatMap(({ id, problem }) => (problem === null ? [] : [[database, id, problem]])),
  );
  const period = { from: new Date(report.from), to: new Date(report.to) };
  return section(
    'Databases',
    markup`<p class="about">Ages are as of the end of the month, or of this report. The longest possible loss is the longest time between the moment that a set leads back to and the end of the next one.</p>`,
    table(
      [
        'database',
        'sets of the month',
        'age of the newest',
        'newest PROVEN set',
        'proven in the month',
        'longest possible loss',
      ],
      rows,
      { none: 'The config names no database.' },
    ),
    unread.length === 0
      ? ''
      : markup`<h3>Sets whose manifest can not be read</h3>${table(['database', 'set', 'why'], unread, { none: '' })}`,
    report.databases
      .filter(({ sets }) => sets.length > 0)
      .map((one) => markup`<h3>${one.database}</h3>${plotsOf(one, period)}`),
  );
}

export function drills(report: EvidenceReport): Markup {
  const { rtoSeconds, proposedRestoreSeconds } = report.objectives;
  const rows = report.drills.map((drill) => [
    drill.database,
    drill.set,
    moment(drill.completedAt),
    drill.result,
    speakSeconds(drill.restoreSeconds),
    rtoSeconds === null ? 'not set' : drill.restoreSeconds <= rtoSeconds ? 'met' : 'not met',
    `${drill.tablesEqual} of ${drill.tables}`,
    [...drill.checksFailed, ...drill.exceptions].join('; '),
    `${drill.tester} on ${drill.host}${drill.isRehearsal ? `; full rehearsal: ${drill.notes[0] ?? ''}` : ''}`,
    RECEIPTS[drill.receipt],
  ]);
  const proposed = speakSeconds(proposedRestoreSeconds);
  return section(
    'Restore tests (drills)',
    table(
      [
        'database',
        'set',
        'ended (UTC)',
        'result',
        'restore took',
        'RTO',
        'tables equal',
        'not passed, or not shown',
        'tester',
        'receipt',
      ],
      rows,
      { none: 'No drill ended in this month.' },
    ),
    markup`<p>Last full rehearsal of a recovery before the end of the month: ${report.rehearsedAt === null ? 'none on record' : moment(report.rehearsedAt)}. One is due every 12 months.</p><p>Objective of this installation (RTO): ${rtoSeconds === null ? 'not set' : speakSeconds(rtoSeconds)}. The rule that the U.S. Department of Health and Human Services <strong>proposed</strong> on 6 January 2025 (90 FR 898, § 164.308(a)(13)(ii)(B)) names 72 hours (${proposed}) for the restoration of critical systems and data; proposed, and no objective of this installation.</p>`,
  );
}

const RECEIPTS = {
  verified: 'signed, verified',
  bad: 'signature does not verify',
  none: 'none',
} as const;

export function failures(report: EvidenceReport): Markup {
  const rows = report.failures.map(({ at, operation, plan, database, set, ...failure }) => [
    moment(at),
    operation,
    [plan, database].filter((name) => name !== null).join(' / '),
    set ?? '',
    failure.status === 'stopped' ? 'stopped' : `${failure.code ?? ''}: ${failure.message ?? ''}`,
    failure.mendedBy === null
      ? 'open'
      : `${failure.mendedBy.set ?? failure.mendedBy.record} at ${showMoment(failure.mendedBy.at)}`,
  ]);
  return section(
    'Failures, and what mended them',
    table(['at (UTC)', 'operation', 'plan / database', 'set', 'failure', 'mended by'], rows, {
      none: 'No record of the month tells of a failure.',
    }),
  );
}

export function retention(report: EvidenceReport): Markup {
  const plans = report.plans.map((one) => [
    one.plan,
    one.schedule === null ? 'none' : `${one.schedule} (${one.timezone})`,
    speakSeconds(one.keepSeconds),
    one.repositories.join(', '),
    one.databases.length > 12 ? `${one.databases.length} databases` : one.databases.join(', '),
  ]);
  const rows = report.releases.map(({ at, database, set, why, bytes, by }) => [
    moment(at),
    database ?? '',
    set,
    why ?? '',
    bytes === null ? '' : speakBytes(bytes),
    by,
  ]);
  return section(
    'Retention and disposal',
    table(['plan', 'schedule', 'kept for', 'repositories', 'databases'], plans, { none: '' }),
    markup`<h3>Sets that retention released</h3>`,
    table(['at (UTC)', 'database', 'set', 'why, and what is left', 'stored', 'by'], rows, {
      none: 'Retention released no set in this month.',
    }),
    markup`<h3>Certificates of disposal</h3>`,
    table(
      ['gone at (UTC)', 'database', 'set', 'repository', 'why', 'released', 'encrypted for'],
      report.disposals.map((one) => [
        moment(one.goneAt),
        one.database ?? '',
        one.set,
        one.repository,
        one.why,
        `${showMoment(one.releasedAt)} ${one.releasedBy ?? ''}`,
        one.keys?.join(', ') ?? 'not known',
      ]),
      { none: 'No set was disposed of in this month.' },
    ),
  );
}

export function acts(report: EvidenceReport): Markup {
  const rows = report.acts.map(({ at, operation, database, set, target, status, by, notes }) => [
    moment(at),
    operation,
    database ?? '',
    set ?? '',
    target ?? '',
    status,
    by,
    notes ?? '',
  ]);
  return section(
    'Restores, exports, holds, accepted exceptions and other acts',
    table(
      ['at (UTC)', 'operation', 'database', 'set', 'target', 'status', 'by', 'notes and reasons'],
      rows,
      { none: 'No record of the month tells of any.' },
    ),
  );
}

export function records({ records: all, ledgers }: EvidenceReport): Markup {
  const covered = ledgers.map(
    ({ repository, entries, sealedUntil, unsealed, problems }) =>
      `${repository}: ${speakCount(entries)} entries of the signed ledger cover the records until ${showMoment(sealedUntil)} UTC; ${unsealed} younger records are not in it yet; problems: ${problems.length === 0 ? 'none' : problems.length}.`,
  );
  const none =
    'No ledger covers the records, so a record that was removed or changed does not show.';
  return section(
    'Audit records',
    table(['operation', 'records'], Object.entries(all.byOperation), { none: 'None.' }),
    (covered.length === 0 ? [none] : covered).map((text) => markup`<p>${text}</p>`),
    ledgers.flatMap(({ repository, problems }) =>
      problems.map((problem) => markup`<p class="failed">${repository}: ${problem}.</p>`),
    ),
    all.unreadable.map(
      ({ repository, key }) =>
        markup`<p class="failed">${repository}: ${key} is no record that can be read.</p>`,
    ),
    all.clocks.map((text) => markup`<p class="failed">${text}.</p>`),
  );
}
