import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { receiptSigner } from '../../engine/composition/report.ts';
import { restoreTarget } from '../../engine/composition/restore-target.ts';
import { drillSchema } from '../../engine/config/database-schema.ts';
import { wishesOf } from '../../engine/config/plan-scope.ts';
import { type DrillReport, renderDrillReport } from '../../engine/domain/drill-report.ts';
import { findNextToDrill } from '../../engine/operations/drill/next-to-drill.ts';
import { drill } from '../../engine/operations/drill.ts';
import { describeLocalUser } from '../../engine/postgres/connection/local-account.ts';
import { breakGlassOf } from '../break-glass-option.ts';
import { chooseDatabase } from '../choose-database.ts';
import { drilledSet, isRehearsal } from '../drilled-set.ts';
import type { Run } from '../run.ts';
import { subjectOfSet } from '../subject.ts';
import { whole } from '../whole-number.ts';

export function drillCommand(run: Run): Command {
  return new Command('drill')
    .description(
      'restore a set into a throw-away PostgreSQL, check it and write a report: the set becomes PROVEN or SUSPECT',
    )
    .argument('[database]', 'database whose latest set is drilled (default: the only one)')
    .option('--backup <set>', 'the set to drill')
    .addOption(
      new Option(
        '--next',
        'the newest set of the plan whose last drill is longest ago, as the schedule takes it',
      ).conflicts('backup'),
    )
    .option('--tester <name>', 'name in the report', describeLocalUser())
    .option('--notes <text>', 'notes in the report')
    .option(
      '--on <server>',
      'restore into a new database of this server and drop it: a database of the config, a service, a URL without password, or the ARN of a secret',
    )
    .option(
      '--rehearsal',
      'this is the yearly full rehearsal of a recovery, which --notes describes',
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
      run(async (invocation, options, [database]) => {
        const loaded = await invocation.load();
        const turnOf = options.next === true ? chooseDatabase(loaded, database) : undefined;
        const named = drilledSet(turnOf ?? database, options.backup);
        invocation.subject = subjectOfSet(named);
        const context = await invocation.context(loaded, {
          access: 'read',
          breakGlass: await breakGlassOf(options),
        });
        const next =
          turnOf === undefined
            ? undefined
            : await findNextToDrill(context, {
                database: turnOf,
                plans: wishesOf(loaded.config.plans, turnOf),
              });
        if (next !== undefined) invocation.subject = { plan: next.plan, database: turnOf ?? null };
        const set = next?.set ?? named;
        const { report, textKey, reportKey, receiptKey, repository, isSuspect, isRecorded } =
          await drill(context, {
            set,
            tester: String(options.tester),
            notes: options.notes as string | undefined,
            isRehearsal: isRehearsal(options),
            on:
              typeof options.on === 'string' ? await restoreTarget(loaded, options.on) : undefined,
            jobs: Number(options.jobs),
            onReport: (made) => {
              if (made.result !== 'PASS' && !invocation.options.json)
                for (const line of renderDrillReport(made).split('\n'))
                  invocation.printer.note(line);
            },
            makeSigner: receiptSigner(loaded, context),
            drillOf: (name) => loaded.config.databases[name]?.drill ?? drillSchema.parse({}),
            expectsEmpty: (name) => loaded.config.databases[name]?.expectEmpty ?? false,
          });
        invocation.subject = report.backup;
        const keys = { reportKey, textKey, ...(receiptKey === undefined ? {} : { receiptKey }) };
        invocation.printer.result({ ...report, ...keys }, (shown) =>
          textOf(shown, { path: `${repository}/${textKey}`, isSuspect, isRecorded }),
        );
      }),
    );
}

function textOf(
  report: DrillReport,
  { path, isSuspect, isRecorded }: { path: string; isSuspect: boolean; isRecorded: boolean },
): string {
  const { id } = report.backup;
  const proven = isRecorded
    ? 'PROVEN'
    : 'passed; its state stays, because the break-glass key can not seal a proof';
  const state = isSuspect ? `passed, and stays SUSPECT: \`holdfast show ${id}\` says why` : proven;
  return `${renderDrillReport(report)}\n${id} ${state}; the report is ${path}`;
}
