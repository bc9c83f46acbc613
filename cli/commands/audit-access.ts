import { Command, Option } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { accessCsv } from '../../engine/domain/access/access-csv.ts';
import type { Access } from '../../engine/domain/access/access-table.ts';
import { monthOf, parseMonth } from '../../engine/domain/evidence/month.ts';
import { type ListedAccesses, listAccesses } from '../../engine/operations/access/list-accesses.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';
import { assertOneFormat } from '../shared/one-format.ts';
import { renderTable } from '../table.ts';
import { showCount, showTime } from '../words.ts';

export function auditAccessCommand(run: Run): Command {
  return new Command('access')
    .description('print who read the backups of a stack, by the files of its trails')
    .option('--month <month>', 'such as 2026-11, in UTC (default: the one that is going on)')
    .option('--others', 'only reads by those who are none of the roles of Holdfast')
    .addOption(
      new Option('--format <format>', 'csv is for a spreadsheet (default: table)').choices([
        'table',
        'json',
        'csv',
      ]),
    )
    .action(run(printAccesses));
}

async function printAccesses(
  invocation: Invocation,
  { month, others }: Record<string, unknown>,
): Promise<void> {
  assertOneFormat(invocation);
  const period = month === undefined ? monthOf(systemClock.now()) : parseMonth(String(month));
  const loaded = await invocation.load();
  // The SDK of AWS is loaded for this command only.
  const { trailsOf } = await import('../../engine/composition/trails.ts');
  const { trails, ...options } = await trailsOf(loaded);
  const { signal } = invocation;
  const listed = await listAccesses(trails, { month: period, signal, ...options });
  const accesses = others ? listed.accesses.filter(({ isOurs }) => !isOurs) : listed.accesses;
  if (listed.failures.length < trails.length)
    print(invocation, { month: period.name, listed: { ...listed, accesses } });
  const [failure] = listed.failures;
  if (failure !== undefined) throw failure.error;
}

function print(
  { printer, options: { format } }: Invocation,
  { month, listed }: { month: string; listed: ListedAccesses },
): void {
  const { failures, ...value } = listed;
  for (const { bucket, key, why } of listed.unreadable)
    printer.note(`${key} in ${bucket} ${why}: what it records is not counted`);
  for (const account of listed.otherAccounts)
    printer.note(`there are files of account ${account}, which are not counted`);
  for (const { bucket } of failures)
    printer.note(`${bucket} could not be read: what its trail recorded is missing`);
  if (format === 'csv') printer.document(accessCsv(listed.accesses));
  else
    printer.result({ month, ...value }, ({ accesses }) =>
      accesses.length === 0
        ? `no reads in ${month}, by ${showCount(listed.files)} files of the trails`
        : renderTable(HEAD, accesses.map(rowOf)),
    );
}

const HEAD = ['first', 'last', 'by', 'ours', 'did', 'calls', 'database', 'plan', 'set', 'from'];

function rowOf(access: Access): string[] {
  const { principal, session, set, error, action } = access;
  return [
    showTime(access.first),
    showTime(access.last),
    session === null ? principal : `${principal} (${session})`,
    access.isOurs ? 'yes' : 'NO',
    error === null ? action : `${action}: ${error}`,
    showCount(access.calls),
    set?.database ?? '',
    set?.plan ?? '',
    set?.id ?? '',
    access.from ?? '',
  ];
}
