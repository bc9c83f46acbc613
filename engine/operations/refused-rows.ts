import { DatabaseError } from 'pg';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { sayDriverError } from '../postgres/driver-error.ts';
import { sqlStateOf } from '../postgres/session.ts';

/** The server's refusal of a table or of a row that we sent ourselves; anything else stays what it is. */
export function refusedRows(error: unknown, table: string): unknown {
  const isOfServer = isHoldfastError(error)
    ? sqlStateOf(error) !== undefined
    : error instanceof DatabaseError;
  if (!isOfServer) return error;
  return new HoldfastError({
    code: 'RESTORE_FAILED',
    message: `the rows could not be put into ${table}: ${isHoldfastError(error) ? error.message : sayDriverError(error)}`,
    hint: 'The target may lack a type, a function or rows that the table needs. Restore the whole set into a new database (--create), and copy from there.',
    cause: error,
  });
}
