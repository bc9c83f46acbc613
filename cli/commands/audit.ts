import { Command, Option } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { auditCsv } from '../../engine/domain/audit/audit-csv.ts';
import type { AuditEntry } from '../../engine/domain/audit/audit-entry.ts';
import { auditSql } from '../../engine/domain/audit/audit-sql.ts';
import { speakSeconds } from '../../engine/domain/spoken-numbers.ts';
import { type ListedAudit, listAudit } from '../../engine/operations/audit/list-audit.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';
import { assertOneFormat } from '../shared/one-format.ts';
import { DEFAULT_SINCE, periodSince } from '../since-option.ts';
import { renderTable } from '../table.ts';
import { showTime } from '../words.ts';
import { auditAccessCommand } from './audit-access.ts';
import { auditDisposalsCommand } from './audit-disposals.ts';
import { auditSealCommand } from './audit-seal.ts';
import { auditVerifyCommand } from './audit-verify.ts';

const AUDIT_FORMATS = ['table', 'json', 'csv', 'sql'] as const;

export function auditCommand(run: Run): Command {
  return new Command('audit')
    .description('print who did what to the backups, and keep the ledger that shows changes to it')
    .option(
      '--since <time>',
      `a duration such as 12h or 90d, or a day such as 2026-11-01 (default: ${DEFAULT_SINCE})`,
    )
    .option('--database <name>', 'only the records of this database')
    .addOption(
      new Option(
        '--format <format>',
        'csv is for a spreadsheet, sql fills a table backup_audit_log (default: table)',
      ).choices([...AUDIT_FORMATS]),
    )
    .action(run(printAudit))
    .addCommand(auditAccessCommand(run))
    .addCommand(auditDisposalsCommand(run))
    .addCommand(auditSealCommand(run))
    .addCommand(auditVerifyCommand(run));
}

async function printAudit(
  invocation: Invocation,
  { since = DEFAULT_SINCE, database }: Record<string, unknown>,
): Promise<void> {
  assertOneFormat(invocation);
  const period = periodSince(String(since), systemClock.now());
  const loaded = await invocation.load();
  const repositories = await repositoriesOf(loaded, invocation.named());
  const listed = await listAudit(repositories, {
    ...period,
    database: database === undefined ? undefined : String(database),
  });
  if (listed.failures.length < repositories.length)
    print(invocation, { from: period.from, listed });
  const [failure] = listed.failures;
  if (failure !== undefined) throw failure.error;
}

function print(
  { printer, options: { format } }: Invocation,
  { from, listed: { entries, unreadable } }: { from: Date; listed: ListedAudit },
): void {
  for (const { repository, key } of unreadable)
    printer.note(`${key} in ${repository} can't be read as an audit record`);
  if (format === 'csv') printer.document(auditCsv(entries));
  else if (format === 'sql') printer.document(auditSql(entries));
  else
    printer.result({ since: from.toISOString(), records: entries, unreadable }, ({ records }) =>
      records.length === 0
        ? `no audit records since ${showTime(from.toISOString())}`
        : renderTable(HEAD, records.map(rowOf)),
    );
}

const HEAD = ['completed', 'operation', 'status', 'database', 'plan', 'set', 'by', 'took', 'note'];

function rowOf(entry: AuditEntry): string[] {
  const { initiatedBy, startedAt, completedAt, target, error, notes } = entry;
  const seconds = (Date.parse(completedAt) - Date.parse(startedAt)) / 1000;
  const said = [
    target === null ? null : `to ${target}`,
    error === null ? null : `${error.code}: ${error.message}`,
    notes,
  ];
  return [
    showTime(completedAt),
    entry.operation,
    entry.status,
    entry.database ?? '',
    entry.plan ?? '',
    entry.backup ?? '',
    initiatedBy.requestedBy ?? `${initiatedBy.name} on ${initiatedBy.host}`,
    speakSeconds(Math.max(0, Math.round(seconds))),
    said.filter((text) => text !== null).join('; '),
  ];
}
