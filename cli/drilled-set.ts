import { HoldfastError } from '../engine/errors.ts';

/** The set that `drill` was given: by its name, as the latest of a database, or the latest of the only one. @throws HoldfastError USAGE. */
export function drilledSet(database: string | undefined, backup: unknown): string {
  if (typeof backup !== 'string') return database === undefined ? 'latest' : `${database}/latest`;
  if (database === undefined) return backup;
  throw new HoldfastError({
    code: 'USAGE',
    message: `drill takes a database or --backup, not both: ${database} and ${backup}`,
    hint: 'Leave the database out: --backup names one set, whosever it is.',
  });
}

/** Whether a drill is the yearly rehearsal. @throws HoldfastError USAGE where nothing is said of it. */
export function isRehearsal({ rehearsal, notes }: Record<string, unknown>): boolean {
  if (rehearsal !== true) return false;
  if (typeof notes === 'string' && notes.trim() !== '') return true;
  throw new HoldfastError({
    code: 'USAGE',
    message: '--rehearsal needs --notes',
    hint: "Say who took part and what was tried, for example --notes 'A. Lee and B. Kim restored clinic from the replica'.",
  });
}
