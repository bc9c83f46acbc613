import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { protectedDatabases } from '../../engine/composition/protected-databases.ts';
import { otherLoginFor, restoreTarget } from '../../engine/composition/restore-target.ts';
import { describeFailures } from '../../engine/domain/restore/failed-entry.ts';
import { describeUndo } from '../../engine/domain/restore/undo-overwrite.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { resultOfIncomplete } from '../../engine/operations/restore/incomplete.ts';
import { restore } from '../../engine/operations/restore.ts';
import type { RestoreRequest, RestoreResult } from '../../engine/operations/restore-request.ts';
import type { TableRequest } from '../../engine/operations/restore-tables.ts';
import { restoreOrAsk } from '../ask-login.ts';
import { breakGlassOf } from '../break-glass-option.ts';
import { type RestoreOptions, withRestoreOptions } from '../restore-options.ts';
import type { Run } from '../run.ts';
import { whole } from '../whole-number.ts';
import { showCount, showSeconds } from '../words.ts';

export function restoreCommand(run: Run): Command {
  return withRestoreOptions(new Command('restore'))
    .description('restore a set, or tables of it, into a database, and compare every row count')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .requiredOption(
      '--to <database>',
      'a database of the config, a service, a URL without password, or the ARN of a secret',
    )
    .option(
      '--jobs <n>',
      'indexes and constraints built at a time',
      whole,
      Math.min(availableParallelism(), 8),
    )
    .option(
      '--break-glass-key <file>',
      'decrypt with this private break-glass key instead of the configured keys',
    )
    .action(
      run(async (invocation, raw, [set = '']) => {
        const options = raw as unknown as RestoreOptions;
        checkCombination(options);
        invocation.isRepeatable = !writesIntoExisting(options);
        const loaded = await invocation.load();
        const context = await invocation.context(loaded, {
          access: 'read',
          breakGlass: await breakGlassOf(raw),
        });
        const request: RestoreRequest = {
          set,
          to: await restoreTarget(loaded, options.to),
          otherLogin: await otherLoginFor(loaded, options.to),
          create: options.create ?? false,
          contents: options.schemaOnly ? 'schema' : options.dataOnly ? 'data' : 'all',
          roles: options.roles ?? false,
          noOwner: !options.owner,
          jobs: options.jobs,
          dryRun: options.dryRun ?? false,
          overwrite: options.overwrite,
          endSessions: options.endSessions ?? false,
          keepGoing: options.keepGoing ?? false,
          thaw: options.thaw,
          tables: tablesOf(options),
          protectedDatabases: await protectedDatabases(loaded, context),
        };
        const print = (result: RestoreResult) => {
          for (const note of result.notes) invocation.printer.note(note);
          invocation.printer.result(result, describeRestore);
        };
        const attempt = (wanted: RestoreRequest) => restore(context, wanted);
        const result = await restoreOrAsk(request, { invocation, attempt }).catch(
          (error: unknown) => {
            const incomplete = resultOfIncomplete(error);
            if (incomplete !== undefined) print(incomplete);
            throw error;
          },
        );
        print(result);
      }),
    );
}

export function checkCombination({
  table,
  as,
  create,
  overwrite,
  schemaOnly,
  dataOnly,
  endSessions,
  keepGoing,
}: RestoreOptions): void {
  const refuse = (message: string, hint: string) => {
    throw new HoldfastError({ code: 'USAGE', message, hint });
  };
  if (create && overwrite !== undefined)
    refuse(
      '--create and --overwrite do not go together',
      '--create makes a database that is not there, --overwrite replaces one that is.',
    );
  if (endSessions && overwrite === undefined)
    refuse('--end-sessions goes with --overwrite', 'Nothing else needs it.');
  if (keepGoing && overwrite !== undefined)
    refuse(
      '--keep-going and --overwrite do not go together',
      'Only a whole database takes the place of another. Restore into a new one with --create --keep-going, and rename it yourself.',
    );
  if (as.length > 0 && as.length !== table.length)
    refuse(
      '--as goes with --table, one for each',
      'For example: --table users --as users_restored',
    );
  if (table.length > 0 && (create || overwrite !== undefined || schemaOnly || dataOnly)) {
    refuse(
      '--table goes into a database that is there',
      'Leave --create, --overwrite, --schema-only and --data-only out.',
    );
  }
  if (dataOnly && (create || overwrite !== undefined))
    refuse('--data-only goes into tables that are there', 'Leave --create and --overwrite out.');
}

/** What a restore leaves there when it is ended makes the same command fail; rows alone come in one transaction. */
function writesIntoExisting({ create, overwrite, dataOnly, dryRun }: RestoreOptions): boolean {
  return !create && overwrite === undefined && !dataOnly && !dryRun;
}

export function tablesOf({ table, as }: RestoreOptions): TableRequest[] {
  return table.map((name, index) => ({ name, as: as[index] }));
}

export function describeRestore(result: RestoreResult): string {
  if (result.isDryRun)
    return [
      `would restore ${result.set} into ${result.target}:`,
      ...result.steps.map((step, index) => `  ${index + 1}. ${step}`),
    ].join('\n');
  const tables = result.restoredTables.map(
    ({ table, into, action, rows }) =>
      `  ${table}: ${showCount(rows)} rows, ${action === 'beside' ? `in ${into}` : action}`,
  );
  const isEqual = result.tables.every((table) => table.isEqual);
  const equal = !isEqual
    ? `${result.tables.length} tables, of which some differ`
    : tables.length > 0
      ? 'row counts equal'
      : `${result.tables.length} tables, every row count equal`;
  const kept =
    result.kept === null
      ? []
      : [
          `  the database that was there is kept as ${result.kept}`,
          ...describeUndo(result).map((line) => `  ${line}`),
        ];
  const failures = result.failures.length === 0 ? [] : ['not restored:'];
  return [
    `restored ${result.set} into ${result.target}: ${showCount(result.rows)} rows, ${equal}, ${showSeconds(result.seconds)}`,
    ...tables,
    ...kept,
    ...failures,
    ...describeFailures(result.failures).map((line) => `  ${line}`),
  ].join('\n');
}
