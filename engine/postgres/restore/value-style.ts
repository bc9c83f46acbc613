import { SQL_STYLE, VALUE_STYLE } from '../connection/begin-session.ts';
import type { Session } from '../session.ts';

/** What pg_restore leaves as the database has it, and what it sets (pg_backup_archiver.c). */
const OF_RESTORE = [
  'RESET DateStyle',
  'RESET IntervalStyle',
  'RESET extra_float_digits',
  'RESET standard_conforming_strings',
  'RESET quote_all_identifiers',
  'SET xmloption = content',
];

/**
 * Does work under the settings in which pg_restore works. Expressions that are declared immutable and
 * depend on how a value is written all the same would differ under our own.
 */
export async function inStyleOfRestore<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await useStyleOfRestore(session);
  try {
    return await work();
  } finally {
    await session.query([...VALUE_STYLE, ...SQL_STYLE, 'RESET xmloption'].join('; '));
  }
}

/** Puts those settings in force to the end of a session that gives a table its rows. */
export async function useStyleOfRestore(session: Session): Promise<void> {
  await session.query(OF_RESTORE.join('; '));
}
