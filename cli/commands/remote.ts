import { Command } from 'commander';
import { type DrillReport, renderDrillReport } from '../../engine/domain/drill-report.ts';
import type { BackupResult } from '../../engine/operations/backup-request.ts';
import type { CheckResult } from '../../engine/operations/check.ts';
import type { VerifyResult } from '../../engine/operations/verify.ts';
import { describeLocalUser } from '../../engine/postgres/connection/local-account.ts';
import { chooseDatabase } from '../choose-database.ts';
import { drilledSet, isRehearsal } from '../drilled-set.ts';
import { followJob, setsNamed, withSize } from '../remote-job.ts';
import type { Run } from '../run.ts';
import { choosePlan, describeBackup } from './backup.ts';
import { describeCheck } from './check.ts';
import { assertReachable, remoteRestoreCommand } from './remote-restore.ts';
import { testAlertCommand } from './test-alert.ts';
import { describeVerify } from './verify.ts';

export function remoteCommand(run: Run): Command {
  const remote = new Command('remote').description(
    'backup, drill, verify, restore and check in the deployed stack, followed to their end',
  );
  const parts = [
    remoteBackup,
    remoteDrill,
    remoteVerify,
    remoteRestoreCommand,
    remoteCheck,
    testAlertCommand,
  ];
  for (const part of parts) remote.addCommand(part(run));
  return remote;
}

function remoteBackup(run: Run): Command {
  return withSize(new Command('backup'))
    .description('take one backup now')
    .argument('[database]', 'name in the config (default: its only database)')
    .option('--plan <name>', 'plan whose settings apply (default: the only plan of the database)')
    .option('--label <text>', 'free text, stored in the manifest')
    .option('--hold', 'keep this set whatever its age')
    .action(
      run(async (invocation, { plan: wished, label, hold, size }, [named]) => {
        const loaded = await invocation.load();
        const database = chooseDatabase(loaded, named);
        const [plan] = choosePlan(loaded, database, wished as string | undefined);
        const options = {
          ...(label === undefined ? {} : { label: String(label) }),
          hold: hold === true,
        };
        const { result, exitStatus } = await followJob(invocation, loaded, {
          job: { operation: 'backup', plan, database, options },
          size,
          isOf: (entry) => entry.plan === plan && entry.database === database,
        });
        invocation.printer.result(result as BackupResult, (shown) =>
          describeBackup(shown, 'holdfast remote drill'),
        );
        process.exitCode = exitStatus;
      }),
    );
}

function remoteDrill(run: Run): Command {
  return withSize(new Command('drill'))
    .description('restore a set into a throw-away PostgreSQL, check it and write a report')
    .argument('[database]', 'database whose latest set is drilled (default: the only one)')
    .option('--backup <set>', 'the set to drill')
    .option('--tester <name>', 'name in the report', describeLocalUser())
    .option('--notes <text>', 'notes in the report')
    .option(
      '--on <server>',
      'restore into a new database of this server and drop it: a database of the config, or the ARN of a secret',
    )
    .option(
      '--rehearsal',
      'this is the yearly full rehearsal of a recovery, which --notes describes',
    )
    .action(
      run(async (invocation, { backup, tester, notes, rehearsal, on, size }, [database]) => {
        const set = drilledSet(database, backup);
        const loaded = await invocation.load();
        if (typeof on === 'string') assertReachable(on, loaded.config, '--on');
        const options = {
          tester: String(tester),
          ...(typeof on === 'string' ? { on } : {}),
          ...(notes === undefined ? {} : { notes: String(notes) }),
          ...(isRehearsal({ rehearsal, notes }) ? { rehearsal: true } : {}),
        };
        const { result, exitStatus } = await followJob(invocation, loaded, {
          job: { operation: 'drill', set, options },
          size,
          isOf: setsNamed(set),
        });
        const report = result as DrillReport & { textKey: string };
        const place = `${loaded.config.aws?.repository}/${report.textKey}`;
        invocation.printer.result(
          report,
          (shown) => `${renderDrillReport(shown)}\nthe report is ${place}`,
        );
        process.exitCode = exitStatus;
      }),
    );
}

function remoteVerify(run: Run): Command {
  return withSize(new Command('verify'))
    .description('read every object of a set back, decrypt it and parse it to its end')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .action(
      run(async (invocation, { size }, [set = '']) => {
        const isOf = setsNamed(set);
        const loaded = await invocation.load();
        const { result, exitStatus } = await followJob(invocation, loaded, {
          job: { operation: 'verify', set },
          size,
          isOf,
        });
        invocation.printer.result(result as VerifyResult, describeVerify);
        process.exitCode = exitStatus;
      }),
    );
}

function remoteCheck(run: Run): Command {
  return withSize(new Command('check'))
    .description('judge every plan in the vault; exits with 0, 1, 2 or 3 like a Nagios plugin')
    .action(
      run(async (invocation, { size }) => {
        const loaded = await invocation.load();
        const { result, exitStatus } = await followJob(invocation, loaded, {
          job: { operation: 'check' },
          size,
          isOf: () => false,
        });
        invocation.printer.result(result as Pick<CheckResult, 'status' | 'findings'>, (shown) =>
          describeCheck(withTimes(shown)),
        );
        process.exitCode = exitStatus;
      }),
    );
}

/** In JSON a time is text. */
function withTimes({
  status,
  findings,
}: Pick<CheckResult, 'status' | 'findings'>): Pick<CheckResult, 'status' | 'findings'> {
  return {
    status,
    findings: findings.map((finding) => ({
      ...finding,
      since: finding.since && new Date(finding.since),
    })),
  };
}
