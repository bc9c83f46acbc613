import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import type { Session } from '../session.ts';
import { alreadyExists, countSessions, databaseExists } from '../target-database.ts';

/** The comment of a database that has its final name while it is filled. */
const COMMENT = 'Holdfast has not finished restoring this database.';

/** Says of a database under its final name that it is not finished, also after a crash. */
export async function commentUnfinished(maintenance: Session, name: string): Promise<void> {
  await maintenance.query(`COMMENT ON DATABASE ${quoteIdentifier(name)} IS '${COMMENT}'`);
}

export async function uncommentUnfinished(maintenance: Session, name: string): Promise<void> {
  await maintenance.query(`COMMENT ON DATABASE ${quoteIdentifier(name)} IS NULL`);
}

/** @throws HoldfastError TARGET_EXISTS, which says where an earlier restore left that database. */
export async function assertNameIsFree(maintenance: Session, name: string): Promise<void> {
  if (!(await databaseExists(maintenance, name))) return;
  const { isUnfinished } = await maintenance.queryOne<{ isUnfinished: boolean | null }>(
    `SELECT pg_catalog.shobj_description(oid, 'pg_database') = '${COMMENT}' AS "isUnfinished"
     FROM pg_catalog.pg_database WHERE datname = $1`,
    [name],
  );
  if (isUnfinished !== true) throw alreadyExists(name);
  const isInUse = (await countSessions(maintenance, name)) > 0;
  throw new HoldfastError({
    code: 'TARGET_EXISTS',
    message: isInUse
      ? `another restore fills database ${name} now`
      : `an earlier restore left database ${name}, which is not finished`,
    hint: isInUse
      ? 'Wait until it is done, or restore under another name.'
      : `Drop it, and run it again: DROP DATABASE ${quoteIdentifier(name)};`,
  });
}
