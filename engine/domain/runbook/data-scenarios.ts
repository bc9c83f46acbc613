import { speakBytes, speakSeconds } from '../spoken-numbers.ts';
import {
  bestSet,
  type Command,
  holdfast,
  positional,
  realName,
  restoreInPlace,
  shell,
  sql,
} from './commands.ts';
import type { DatabaseFacts, RunbookFacts } from './facts.ts';
import { codeSpan } from './markdown.ts';
import { type Scenario, type Step, step } from './scenario.ts';

/** The first of the guides' scenarios: the server runs, and what is in the database is wrong. */
export function corruption(facts: RunbookFacts): Scenario {
  return {
    id: 'corruption',
    title: 'The database is corrupt',
    signs: 'Queries fail ("invalid page in block", "could not read block"), or values are wrong.',
    steps: [
      step(
        'Stop the application, so that nobody writes into a broken database. Do not run `VACUUM`, `REINDEX` or `pg_resetwal`: they can destroy what is still readable.',
      ),
      lookFirst(facts),
      ...wayOfRds(facts),
      step(
        'Try it first. This makes every check of a restore and changes nothing:',
        replaceAll(facts, ['--dry-run']),
      ),
      step(
        `Restore. The set is restored beside the database, every row count is compared, and only then are the two swapped. The old database stays on the server, so there must be room for both; the output prints its name and how to swap back. ${restoreTimes(facts)}`,
        replaceAll(facts, []),
      ),
      step(
        'Is the damage in that set too? Take an older one: `list` above shows the ids, and one stands in place of `ID`.',
        olderSets(facts),
      ),
      step(
        'Read the log of the server and test its disks and memory before you trust it again. Corruption comes back on broken hardware: then go on with "The server is lost".',
      ),
      afterwards(facts),
    ],
  };
}

/** The fourth: rows or tables are gone, and the application goes on. */
export function deletion(facts: RunbookFacts): Scenario {
  return {
    id: 'deletion',
    title: 'Data was deleted by accident',
    signs: 'Users miss rows, or a table is empty or gone. The database itself works.',
    steps: [
      step(
        'Write down what is missing and when it was deleted (UTC). Stop the job or the person that deletes; the application may go on.',
      ),
      step(
        'Find the newest backup from before that time. The id of a set begins with its UTC time:',
        facts.databases.map(({ name }) => holdfast(facts, 'list', ...positional(name))),
      ),
      step(
        `The table is in use and only some rows are missing: restore it under another name, and copy the rows back in SQL.`,
        facts.databases.map((database) =>
          tableOf(facts, database, ['--as', 'TABLE_NAME_restored']),
        ),
      ),
      step(
        'Then, in `psql`, with the primary key of your table in place of `id`. Look at the number of rows, then type `COMMIT;` or `ROLLBACK;`:',
        [
          sql(
            'BEGIN;\nINSERT INTO TABLE_NAME SELECT r.* FROM TABLE_NAME_restored r\n  WHERE NOT EXISTS (SELECT FROM TABLE_NAME t WHERE t.id = r.id);',
          ),
        ],
      ),
      step(
        `The whole table is empty or gone: put it back with its keys, indexes, triggers and grants.`,
        facts.databases.map((database) => tableOf(facts, database, [])),
      ),
      step(
        'Deleted before that set was taken? Take an older one: put its id from the list in place of `ID`.',
        facts.databases.map((database) =>
          tableOf(facts, database, ['--as', 'TABLE_NAME_restored'], 'ID'),
        ),
      ),
      ...wayOfRds(facts),
      step(
        'Compare with what users report, drop `TABLE_NAME_restored`, and tell the users what came back and what did not: rows written after the set was taken are not in it.',
      ),
    ],
  };
}

/** What there is, and how old it is. */
export function lookFirst(facts: RunbookFacts): Step {
  return step(
    'See what can be restored and how old it is. What was written after that set was taken is lost; tell the person who decides.',
    [
      holdfast(facts, 'check', '--no-alerts'),
      ...facts.databases.map(({ name }) => holdfast(facts, 'list', ...positional(name))),
    ],
  );
}

/** How long the restore itself may take, as far as a drill showed it. */
export function restoreTimes({ databases }: RunbookFacts): string {
  const times = databases.flatMap(({ name, measured: { drill } }) =>
    drill === null
      ? []
      : [
          `${codeSpan(name)} ${speakSeconds(Math.max(1, drill.restoreSeconds))} (${speakBytes(drill.storedBytes)}, ${drill.at.toISOString().slice(0, 10)})`,
        ],
  );
  if (times.length === 0) return 'How long it takes was not measured yet: no drill has passed.';
  return `In the last drill that passed, the restore took: ${times.join(', ')}.`;
}

/** RDS loses less than a set, where its own backups are whole. */
export function wayOfRds({ databases, stack }: RunbookFacts): Step[] {
  const own = databases.filter(({ rds }) => rds !== null);
  if (own.length === 0) return [];
  const region = stack === null ? [] : ['--region', stack.region];
  const names = own.map(({ name }) => codeSpan(name)).join(', ');
  return [
    step(
      `${names}: RDS can restore the whole server beside the old one, up to a few minutes ago. Try that first if the account and the region are well. For a time before the mistake, put ${codeSpan('--restore-time 2026-11-22T09:55:00Z')} (of a cluster ${codeSpan('--restore-to-time')}) in place of the last option. Then point the application to the restored server, or give it the name of the old one.`,
      own.flatMap(({ rds }) => (rds === null ? [] : [pointInTime(rds, region)])),
    ),
  ];
}

function pointInTime(
  { kind, id }: NonNullable<DatabaseFacts['rds']>,
  region: readonly string[],
): Command {
  const words =
    kind === 'instance'
      ? [
          'restore-db-instance-to-point-in-time',
          ...['--source-db-instance-identifier', id],
          ...['--target-db-instance-identifier', `${id}-restored`],
        ]
      : [
          'restore-db-cluster-to-point-in-time',
          ...['--source-db-cluster-identifier', id],
          ...['--db-cluster-identifier', `${id}-restored`],
        ];
  return shell('aws', 'rds', ...words, ...region, '--use-latest-restorable-time');
}

/** The databases with rows to bring back: their backups exist. */
function replaceAll(facts: RunbookFacts, more: readonly string[], set?: string): Command[] {
  return facts.databases.map((database) =>
    restoreInPlace(facts, database, {
      set: set ?? bestSet(database),
      words: ['--overwrite', realName(database), '--end-sessions', ...more],
    }),
  );
}

function olderSets(facts: RunbookFacts): Command[] {
  return replaceAll(facts, [], 'ID');
}

function tableOf(
  facts: RunbookFacts,
  database: DatabaseFacts,
  more: readonly string[],
  set = bestSet(database),
): Command {
  return restoreInPlace(facts, database, { set, words: ['--table', 'TABLE_NAME', ...more] });
}

/** How every recovery ends. */
export function afterwards(facts: RunbookFacts): Step {
  return step(
    'Start the application, look at its newest records with somebody who knows them, and take a backup at once. Write down the times: when it broke, when it worked again, what was lost.',
    facts.databases.flatMap((database) => backupsNow(facts, database)),
  );
}

function backupsNow(facts: RunbookFacts, { name, plans, isInStack }: DatabaseFacts): Command[] {
  const [plan] = plans.filter(({ isWhole }) => isWhole).concat(plans);
  if (plan === undefined) return [];
  const words = ['backup', '--plan', plan.name, ...positional(name)];
  return [holdfast(facts, ...(isInStack ? ['remote'] : []), ...words)];
}
