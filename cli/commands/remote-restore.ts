import { Command } from 'commander';
import type { Config } from '../../engine/config/schema.ts';
import { databasesOfVault } from '../../engine/config/vault-plans.ts';
import { withPlainLines } from '../../engine/domain/text/plain-text.ts';
import { HoldfastError } from '../../engine/errors.ts';
import type { RestoreResult } from '../../engine/operations/restore-request.ts';
import { followJob, setsNamed, withSize } from '../remote-job.ts';
import { type RestoreOptions, withRestoreOptions } from '../restore-options.ts';
import type { Run } from '../run.ts';
import { checkCombination, describeRestore, tablesOf } from './restore.ts';

export function remoteRestoreCommand(run: Run): Command {
  return withSize(withRestoreOptions(new Command('restore')))
    .description('restore a set, or tables of it, into a database that the stack reaches')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .requiredOption('--to <database>', 'a database of the config, or the ARN of a secret')
    .action(
      run(async (invocation, raw, [set = '']) => {
        const options = raw as unknown as RestoreOptions;
        checkCombination(options);
        const isOf = setsNamed(set);
        const loaded = await invocation.load();
        assertReachable(options.to, loaded.config);
        const { result, exitStatus } = await followJob(invocation, loaded, {
          job: { operation: 'restore', set, options: wishOf(options) },
          size: raw.size,
          isOf,
        });
        // A stack of an older version does not know of failures.
        const restored = { failures: [], ...result } as unknown as RestoreResult;
        invocation.printer.result(result, () => describeRestore(withPlainLines(restored)));
        process.exitCode = exitStatus;
      }),
    );
}

function wishOf({
  to,
  create,
  schemaOnly,
  dataOnly,
  roles,
  owner,
  dryRun,
  overwrite,
  endSessions,
  keepGoing,
  thaw,
  ...named
}: RestoreOptions) {
  return {
    to,
    create: create ?? false,
    contents: schemaOnly ? ('schema' as const) : dataOnly ? ('data' as const) : ('all' as const),
    roles: roles ?? false,
    ...(owner ? {} : { noOwner: true }),
    dryRun: dryRun ?? false,
    ...(overwrite === undefined ? {} : { overwrite }),
    endSessions: endSessions ?? false,
    ...(keepGoing === undefined ? {} : { keepGoing }),
    ...(thaw === undefined ? {} : { thaw }),
    tables: tablesOf(named as RestoreOptions).map(({ name, as }) =>
      as === undefined ? { name } : { name, as },
    ),
  };
}

/** A job can be read by whoever may look at tasks, so an address that may hold a password never goes into one. */
export function assertReachable(to: string, config: Config, option = '--to'): void {
  const { databases, aws } = config;
  const reachable =
    aws === undefined
      ? Object.keys(databases)
      : databasesOfVault(config, aws).map(([name]) => name);
  if (reachable.includes(to) || /^arn:aws[a-z-]*:secretsmanager:/.test(to)) return;
  throw new HoldfastError({
    code: 'USAGE',
    message: Object.hasOwn(databases, to)
      ? `the stack has no login for database "${to}": no plan that writes to its vault takes it`
      : `${option} names no database of the config and no secret`,
    hint: `Name one of the vault's plans (${reachable.join(', ')}), or the ARN of a secret with host, username and password.`,
  });
}
