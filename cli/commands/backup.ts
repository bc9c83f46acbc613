import { Command, Option } from 'commander';
import { backupSourceOf } from '../../engine/composition/backup-source.ts';
import { plansOf } from '../../engine/composition/from-config.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import type { PlanConfig } from '../../engine/config/plan-schema.ts';
import { destinationsOf } from '../../engine/config/plan-scope.ts';
import { isSameWish } from '../../engine/domain/plan-wish.ts';
import { didYouMean } from '../../engine/domain/text/did-you-mean.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { backup } from '../../engine/operations/backup.ts';
import type { BackupResult, ReachedServer } from '../../engine/operations/backup-request.ts';
import { chooseDatabase } from '../choose-database.ts';
import { listOption } from '../list-option.ts';
import type { Run } from '../run.ts';
import { showBytes, showCount, showSeconds, showTime } from '../words.ts';

interface Options {
  plan?: string;
  schemaOnly?: true;
  dataOnly?: true;
  table: string[];
  excludeTable: string[];
  label?: string;
  hold?: true;
}

export function backupCommand(run: Run): Command {
  return new Command('backup')
    .description('take one backup now')
    .argument('[database]', 'name in the config (default: its only database)')
    .option('--plan <name>', 'plan whose settings apply (default: the only plan of the database)')
    .addOption(new Option('--schema-only', 'definitions only').conflicts('dataOnly'))
    .option('--data-only', 'rows only')
    .addOption(
      listOption(
        '--table <name>',
        'only the rows of this table and its partitions, and the whole schema (repeat it for more tables)',
      ),
    )
    .addOption(
      listOption(
        '--exclude-table <name>',
        'leave out the rows of this table (repeat it for more tables)',
      ),
    )
    .option('--label <text>', 'free text, stored in the manifest')
    .option('--hold', 'keep this set whatever its age')
    .action(
      run(async (invocation, raw, [named]) => {
        const options = raw as unknown as Options;
        const loaded = await invocation.load();
        const database = chooseDatabase(loaded, named);
        const [planName, configured] = choosePlan(loaded, database, options.plan);
        invocation.subject = { plan: planName, database };
        const plan = overrule(configured, options);
        invocation.isOneOff = !isSameWish(plan, configured);
        const context = await invocation.context(loaded, {
          access: 'write',
          repositories: destinationsOf(plan, loaded.config.repositories).map(({ name }) => name),
        });
        const source = await backupSourceOf(loaded, { database, plan });
        const result = await backup(context, {
          planName,
          plan,
          database,
          ...source,
          hold: options.hold ?? false,
        });
        for (const note of result.notes) invocation.printer.note(note);
        const { quiet } = invocation.options;
        invocation.printer.result(result, (shown) => (quiet ? shown.id : describeBackup(shown)));
      }),
    );
}

/** The plan a person named, or the only one of the database. @throws HoldfastError USAGE. */
export function choosePlan(
  loaded: LoadedConfig,
  database: string,
  named: string | undefined,
): [string, PlanConfig] {
  if (named !== undefined && Object.hasOwn(loaded.config.snapshotPlans, named))
    throw ofTheStack(named);
  const plans = plansOf(loaded, database);
  const [first, ...others] = named === undefined ? plans : plans.filter(([name]) => name === named);
  if (first !== undefined && others.length === 0) return first;
  const choices = plans.map(([name]) => name).join(', ') || 'none';
  throw new HoldfastError({
    code: 'USAGE',
    message:
      named === undefined
        ? `${plans.length} plans name database ${database}`
        : `no plan "${named}" names database ${database}`,
    hint: `${didYouMean(named ?? '', Object.keys(loaded.config.plans))}Choose with --plan: ${choices}.`,
  });
}

function ofTheStack(plan: string): HoldfastError {
  return new HoldfastError({
    code: 'USAGE',
    message: `plan "${plan}" is of kind snapshot, and a command takes no snapshots`,
    hint: 'The stack takes them, in RDS, by the schedule of the plan (npx cdk deploy --all). For one now: aws rds create-db-snapshot.',
  });
}

/** One-off wishes win over the plan. */
function overrule(
  plan: PlanConfig,
  { schemaOnly, dataOnly, table, excludeTable, label }: Options,
): PlanConfig {
  if (table.length > 0 && excludeTable.length > 0) {
    throw new HoldfastError({
      code: 'USAGE',
      message: '--table and --exclude-table do not go together',
      hint: 'Name the tables you want, or the ones you do not.',
    });
  }
  const contents = schemaOnly ? 'schema' : dataOnly ? 'data' : plan.contents;
  const wished = { ...plan, contents };
  if (label !== undefined) wished.label = label;
  if (table.length > 0) return { ...wished, tables: table, excludeTables: undefined };
  if (excludeTable.length > 0) return { ...wished, tables: undefined, excludeTables: excludeTable };
  return wished;
}

/** A task that runs an older version says less than one of this version. */
type AnyBackupResult = Omit<BackupResult, 'server'> & Partial<Pick<BackupResult, 'server'>>;

/** @param drill the command that proves it. */
export function describeBackup(result: AnyBackupResult, drill = 'holdfast drill'): string {
  return [
    result.id,
    ...(result.server === undefined ? [] : [`  ${describeServer(result.server)}`]),
    `  ${showCount(result.rows)} rows of ${showCount(result.tables)} tables, ${showBytes(result.plaintextBytes)} stored in ${showBytes(result.storedBytes)}, ${showSeconds(result.seconds)}`,
    ...result.copies.map(
      ({ repository, keepUntil }) =>
        `  plan ${result.plan}, in ${repository} until ${showTime(keepUntil)}`,
    ),
    `  STORED: prove it with \`${drill} --backup ${result.id}\``,
  ].join('\n');
}

/** `clinic on db.example:5432 (10.0.0.7) as backup`, with the address where a name stands for it. */
function describeServer({ host, hostaddr, port, database, user }: ReachedServer): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const address = hostaddr === null || hostaddr === host ? '' : ` (${hostaddr})`;
  return `database ${database} on ${name}:${port}${address} as ${user}`;
}
