import { cutName, quoteIdentifier } from '../../domain/table-name.ts';
import { CLEAN_UP_SECONDS, cleanUp } from '../clean-up.ts';
import { withDatabase } from '../connection-settings.ts';
import { Session } from '../session.ts';
import { countSessions, dropDatabase } from '../target-database.ts';

/** Longest start of a name that leaves room for what is appended. */
const NAME_BYTES = 38;

/** What a database is called while it is restored: nobody takes it for the finished one. */
export function unfinishedName(name: string, { tail }: { tail: string }): string {
  return `${cutName(name, { bytes: NAME_BYTES })}_unfinished_${tail}`;
}

export interface LeftDatabase {
  name: string;
  /** Somebody works in it, for example another restore. */
  isInUse: boolean;
}

/** Databases that restores of this name began and did not finish. */
export async function leftUnfinished(maintenance: Session, name: string): Promise<LeftDatabase[]> {
  const rows = await maintenance.query<{ name: string }>(
    `SELECT datname AS name FROM pg_catalog.pg_database
     WHERE pg_catalog.starts_with(datname, $1) AND datname ~ '_unfinished_[0-9a-f]{8}$'
     ORDER BY datname COLLATE "C"`,
    [unfinishedName(name, { tail: '' })],
  );
  const left: LeftDatabase[] = [];
  for (const row of rows)
    left.push({ ...row, isInUse: (await countSessions(maintenance, row.name)) > 0 });
  return left;
}

/** Nobody but its owner, superusers and our own login gets in until it is finished. */
export async function closeToPublic(maintenance: Session, name: string): Promise<void> {
  const connect = `CONNECT ON DATABASE ${quoteIdentifier(name)}`;
  await maintenance.query(`REVOKE ${connect} FROM PUBLIC`);
  // A login enters with its own rights, and only then acts as another role.
  if (await actsAsOther(maintenance)) await maintenance.query(`GRANT ${connect} TO SESSION_USER`);
}

export async function openToPublic(maintenance: Session, name: string): Promise<void> {
  const connect = `CONNECT ON DATABASE ${quoteIdentifier(name)}`;
  if (await actsAsOther(maintenance))
    await maintenance.query(`REVOKE ${connect} FROM SESSION_USER`);
  await maintenance.query(`GRANT ${connect} TO PUBLIC`);
}

async function actsAsOther(session: Session): Promise<boolean> {
  const { other } = await session.queryOne<{ other: boolean }>(
    'SELECT session_user <> current_user AS other',
  );
  return other;
}

export interface RemovalOptions {
  name: string;
  /** Why the database is not finished. */
  failure: unknown;
  /** How long the server may take to answer one statement. */
  limitSeconds?: number;
}

/**
 * Removes a database that was not finished, after a failure. Its subscriptions go first: a database
 * that has any can't be dropped; their slots belong to the source and stay.
 * The network may be what failed, so each statement has a deadline.
 * @returns the failure, which says what could not be removed.
 */
export async function removeUnfinished(
  maintenance: Session,
  { name, failure, limitSeconds = CLEAN_UP_SECONDS }: RemovalOptions,
): Promise<unknown> {
  const left = await cleanUp({
    ...{ session: maintenance, limitSeconds },
    undo: async () => {
      await dropSubscriptions(maintenance, { name, limitSeconds });
      await dropDatabase(maintenance, name);
    },
    remains: {
      what: `database ${name}, which is not finished, stays on the server, because it could not be dropped`,
      hint: `Drop it: DROP DATABASE ${quoteIdentifier(name)} WITH (FORCE);`,
    },
  });
  return left === undefined ? failure : left.addedTo(failure);
}

/** A database that has any can't be dropped; their slots belong to the source and stay. */
export async function dropSubscriptions(
  maintenance: Session,
  { name, limitSeconds }: { name: string; limitSeconds: number },
): Promise<void> {
  const { found } = await maintenance.queryOne<{ found: boolean }>(
    `SELECT EXISTS (SELECT subname FROM pg_catalog.pg_subscription s
       JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = $1) AS found`,
    [name],
  );
  if (!found) return;
  const session = await Session.open(withDatabase(maintenance.settings, name), {
    applicationName: 'holdfast',
    limitSeconds,
  });
  try {
    await session.query('SET default_transaction_read_only = off');
    const subscriptions = await session.query<{ name: string }>(
      `SELECT subname AS name FROM pg_catalog.pg_subscription
       WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database
                        WHERE datname = pg_catalog.current_database())`,
    );
    for (const subscription of subscriptions) {
      const quoted = quoteIdentifier(subscription.name);
      await session.query(`ALTER SUBSCRIPTION ${quoted} DISABLE`);
      await session.query(`ALTER SUBSCRIPTION ${quoted} SET (slot_name = NONE)`);
      await session.query(`DROP SUBSCRIPTION ${quoted}`);
    }
  } finally {
    await session.end();
  }
}
