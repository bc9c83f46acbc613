import type { RunSubject } from '../engine/domain/alert-key.ts';
import { parseSetName } from '../engine/domain/set-name.ts';

/** What the name of a set says of its plan and database. @throws HoldfastError USAGE. */
export function subjectOfSet(text: string): Omit<RunSubject, 'operation'> {
  const name = parseSetName(text);
  return 'id' in name ? { plan: null, database: null } : { plan: name.plan ?? null, database: name.database ?? null };
}
