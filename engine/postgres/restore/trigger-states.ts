import { quoteIdentifier, quoteTable, type TableName } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import { cleanUp, insist, type LeftBehind } from '../clean-up.ts';
import { serverOption, withServerOptions } from '../connection/server-options.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { Session } from '../session.ts';

/** How a trigger is enabled again, by pg_trigger.tgenabled. */
const ENABLE: Readonly<Record<string, string>> = {
  O: 'ENABLE TRIGGER',
  A: 'ENABLE ALWAYS TRIGGER',
  R: 'ENABLE REPLICA TRIGGER',
};

export interface TriggerState {
  table: TableName;
  trigger: string;
  mode: string;
}

export interface TriggersOptions {
  /** Those of these tables themselves; a partition has its own state for a trigger of its parent. */
  tables: readonly TableName[];
  modes: readonly ('O' | 'A' | 'R')[];
  /** Also those that the server made, as for foreign keys; only a superuser may change these. */
  withInternal: boolean;
}

export async function readTriggers(
  session: Session,
  { tables, modes, withInternal }: TriggersOptions,
): Promise<TriggerState[]> {
  const rows = await session.query<Record<'schema' | 'name' | 'trigger' | 'mode', string>>(
    `SELECT n.nspname AS schema, c.relname AS name, t.tgname AS trigger, t.tgenabled AS mode
     FROM pg_catalog.pg_trigger t
     JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid IN (SELECT pg_catalog.to_regclass(name)
                     FROM pg_catalog.unnest($1::pg_catalog.text[]) name)
       AND t.tgenabled::text = ANY ($2) AND ($3 OR NOT t.tgisinternal)
     ORDER BY t.oid`,
    [tables.map(quoteTable), modes, withInternal],
  );
  return rows.map(({ schema, name, ...state }) => ({ table: { schema, name }, ...state }));
}

/** Without ONLY the statement would give every partition the state of its parent. */
export function disableTrigger({ table, trigger }: TriggerState): string {
  return `ALTER TABLE ONLY ${quoteTable(table)} DISABLE TRIGGER ${quoteIdentifier(trigger)}`;
}

/** Gives a trigger the state that it had. */
export function enableTrigger({ table, trigger, mode }: TriggerState): string {
  const enable = ENABLE[mode] ?? ENABLE.O;
  return `ALTER TABLE ONLY ${quoteTable(table)} ${enable} ${quoteIdentifier(trigger)}`;
}

export interface SilencedOptions {
  applicationName: string;
  tables: readonly TableName[];
}

/**
 * Lets a program write rows without firing triggers or checking foreign keys, and leaves every
 * trigger in the state that it had: `pg_restore --disable-triggers` enables them all afterwards,
 * disabled ones too. Its session takes the part of a replica; triggers that fire for replicas are
 * disabled meanwhile. Only a superuser may.
 */
export async function withoutTriggers<T>(
  settings: ConnectionSettings,
  { applicationName, tables }: SilencedOptions,
  work: (settings: ConnectionSettings) => Promise<T>,
): Promise<T> {
  const role = serverOption('session_replication_role', 'replica');
  const replica = withServerOptions(settings, [role]);
  const session = await Session.open(settings, { applicationName });
  try {
    const firing = await readTriggers(session, { tables, modes: ['A', 'R'], withInternal: true });
    await inTransaction(session, firing.map(disableTrigger));
    const enable = () => enableAgain(session, firing);
    const done = await work(replica).catch(async (failure: unknown) => {
      const left = await enable();
      throw left === undefined ? failure : left.addedTo(failure);
    });
    const left = await enable();
    if (left !== undefined) throw stayDisabled(left);
    return done;
  } finally {
    await session.end();
  }
}

/** In a session of its own where this one was lost. */
async function enableAgain(
  session: Session,
  triggers: readonly TriggerState[],
): Promise<LeftBehind | undefined> {
  if (triggers.length === 0) return undefined;
  const names = triggers.map(({ table, trigger }) => `${trigger} of ${table.schema}.${table.name}`);
  const statements = triggers.map(enableTrigger);
  return cleanUp({
    session,
    undo: () => insist(session, transactionOf(statements)),
    remains: {
      what: `triggers were disabled for the restore and could not be enabled again: ${names.join(', ')}`,
      hint: `Run in the target: ${statements.map((statement) => `${statement};`).join(' ')}`,
    },
  });
}

async function inTransaction(session: Session, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await session.query(transactionOf(statements));
}

function transactionOf(statements: readonly string[]): string {
  return ['BEGIN', ...statements, 'COMMIT'].join('; ');
}

function stayDisabled({ what: message, hint }: LeftBehind): HoldfastError {
  return new HoldfastError({ code: 'RESTORE_FAILED', message, hint });
}
