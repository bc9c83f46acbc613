import { HOLDFAST_VERSION } from '../../contract.ts';
import { describeException } from '../drill-report.ts';
import { alertsOf } from './alert-evidence.ts';
import { checklists } from './checklists.ts';
import { wrongTimes } from './clocks.ts';
import { configChanges, plansOf } from './config-changes.ts';
import { runSeries } from './due-runs.ts';
import type { Evidence, StoredDrill } from './evidence.ts';
import { actsOf, disposalsOf, failuresOf, isWithin, releasesOf } from './failures.ts';
import type { EvidenceReport, ReportedDrill } from './report-schema.ts';
import { reportDatabase } from './reported-databases.ts';

/** Of the rule that HHS proposed on 6 January 2025 (90 FR 898), 45 CFR 164.308(a)(13)(ii)(B). */
const PROPOSED_RESTORE_SECONDS = 72 * 3600;

const NOT_SHOWN = [
  'Whether the marks of sets are authentic: states are as the names of the marks say; verify and prune open their seals.',
  'Alerts that were not sent by the check of a stack: commands on a machine and the other functions keep no history of theirs. Runs that failed are listed with what mended them.',
  'The config as it was earlier in the month: schedules are those of the day of the report.',
];

/** One month of evidence, from what lies in the repositories. No row and no value is in it. */
export function makeReport(evidence: Evidence): EvidenceReport {
  const { month, generatedAt, records, config } = evidence;
  const inMonth = records.filter(({ completedAt }) => isWithin(completedAt, month));
  const plans = plansOf(config);
  const draft = {
    schemaVersion: 1 as const,
    ...{ id: evidence.id, project: config.project, month: month.name },
    from: month.from.toISOString(),
    to: month.to.toISOString(),
    isComplete: generatedAt >= month.to,
    generatedAt: generatedAt.toISOString(),
    generatedBy: evidence.generatedBy,
    holdfastVersion: HOLDFAST_VERSION,
    repositories: evidence.locations,
    plans,
    changes: configChanges(evidence),
    series: plans.flatMap(({ plan, schedule, timezone, databases }) =>
      schedule === null
        ? []
        : databases.map((database) => runSeries({ plan, database, schedule, timezone }, evidence)),
    ),
    databases: Object.keys(config.databases).map((name) => reportDatabase(name, evidence)),
    drills: evidence.drills.map(reportDrill),
    rehearsedAt: evidence.rehearsedAt?.toISOString() ?? null,
    objectives: {
      rtoSeconds: config.objectives?.rto ?? null,
      rpoSeconds: config.objectives?.rpo ?? null,
      proposedRestoreSeconds: PROPOSED_RESTORE_SECONDS,
    },
    failures: failuresOf(records, month),
    releases: releasesOf(records, month),
    disposals: disposalsOf(records, month),
    acts: actsOf(records, month),
    records: {
      total: inMonth.length,
      byOperation: countOperations(inMonth),
      unreadable: [...evidence.unreadable],
      clocks: wrongTimes(evidence),
    },
    ledgers: [...evidence.ledgers],
    standing: evidence.standing,
    accesses: evidence.accesses,
    alerts: alertsOf(records, month),
  };
  return {
    ...draft,
    checklists: checklists(draft, evidence),
    notShown: [...(evidence.accesses === null ? [notRead(month.name)] : []), ...NOT_SHOWN],
  };
}

function notRead(month: string): string {
  return `Who read objects of the repository by other means than Holdfast: no trail was read. Of a stack, holdfast audit access --month ${month} lists it.`;
}

function countOperations(records: Evidence['records']): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { operation, status } of records) {
    const name = status === 'success' ? operation : `${operation}, ${status}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function reportDrill({ key, repository, report, receipt }: StoredDrill): ReportedDrill {
  const { backup, tables, checks } = report;
  return {
    database: backup.database,
    set: backup.id,
    isRehearsal: report.rehearsal === true,
    completedAt: report.completedAt,
    ...{ result: report.result, tester: report.tester, host: report.host },
    ...{ restoreSeconds: report.restoreSeconds, durationSeconds: report.durationSeconds },
    tables: tables.length,
    tablesEqual: tables.filter(({ isEqual }) => isEqual).length,
    checks: checks.length,
    checksFailed: checks.filter(({ passed }) => !passed).map(({ name }) => name),
    exceptions: report.exceptions.map(describeException),
    notes: report.notes,
    ...{ repository, report: key, receipt },
  };
}
