import { quoteIdentifier, quoteTable, type TableName } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import { fromOwnRows, hasOwnRows } from './restore/own-rows.ts';
import { disableTrigger, enableTrigger, readTriggers } from './restore/trigger-states.ts';
import { type Session, sqlStateOf } from './session.ts';

const LOCK_SECONDS = 60;

/**
 * Inside a transaction: locks an empty table and its partitions, not the tables that inherit from it, against everybody, and switches off the application's own triggers,
 * which would change restored rows or act on them a second time. Foreign keys and checks stay on.
 * A partition keeps its own state of a trigger of its parent.
 * @returns the statements that give exactly those triggers their states again.
 * @throws HoldfastError LOCK_TIMEOUT, TARGET_NOT_EMPTY when rows came meanwhile.
 */
export async function quietTable(session: Session, table: TableName): Promise<string[]> {
  await lockTable(session, table);
  if (await hasOwnRows(session, table))
    throw new HoldfastError({
      code: 'TARGET_NOT_EMPTY',
      message: `rows came into ${table.name} meanwhile`,
      hint: 'Stop the application, or use --as.',
    });
  const triggers = await readTriggers(session, {
    tables: await withPartitions(session, table),
    modes: ['O', 'A', 'R'],
    withInternal: false,
  });
  for (const trigger of triggers) await session.query(disableTrigger(trigger));
  return triggers.map(enableTrigger);
}

function withPartitions(session: Session, table: TableName): Promise<TableName[]> {
  return session.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = $1::pg_catalog.regclass
        OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass))`,
    [quoteTable(table)],
  );
}

async function lockTable(session: Session, table: TableName): Promise<void> {
  await session.query(`SET LOCAL lock_timeout = '${LOCK_SECONDS}s'`);
  const rows = await fromOwnRows(session, table);
  await session.query(`LOCK TABLE ${rows} IN ACCESS EXCLUSIVE MODE`).catch((error: unknown) => {
    if (sqlStateOf(error) !== '55P03') throw error;
    throw new HoldfastError({
      code: 'LOCK_TIMEOUT',
      message: `${table.name} could not be locked within ${LOCK_SECONDS} s`,
      hint: 'A session of the application holds it. Stop the application, and run it again.',
      retryable: true,
      cause: error,
    });
  });
  await session.query('SET LOCAL lock_timeout = 0');
}

/**
 * Moves the sequences of a table's columns on, past the values that came back, and never back: ids that were given out since
 * the backup are not given out again.
 */
export async function advanceSequences(session: Session, table: TableName): Promise<void> {
  const owned = await session.query<{ sequence: string; column: string; step: string }>(
    `SELECT pg_catalog.format('%I.%I', n.nspname, s.relname) AS sequence, a.attname AS column, q.seqincrement AS step
     FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
     JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $1::pg_catalog.regclass AND d.deptype IN ('a', 'i')
       AND a.atttypid IN ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype)`,
    [quoteTable(table)],
  );
  for (const { sequence, column, step } of owned) {
    const [outermost, further] = Number(step) > 0 ? ['max', '>='] : ['min', '<='];
    await session.query(
      `SELECT pg_catalog.setval($1::pg_catalog.regclass, r.value) FROM (SELECT pg_catalog.${outermost}(${quoteIdentifier(column)}) AS value FROM ${quoteTable(table)}) r
       CROSS JOIN ${sequence} s WHERE r.value ${further} s.last_value`,
      [sequence],
    );
  }
}
