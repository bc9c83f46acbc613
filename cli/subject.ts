import type { RunSubject } from '../engine/domain/alert-key.ts';
import { parseSetName } from '../engine/domain/set-name.ts';

/** What a run is about. */
export type Subject = Omit<RunSubject, 'operation'>;

/** Of a run over all plans and databases. */
export const EVERYTHING: Subject = { plan: null, database: null };

/** Of a run on a set that is named by its id, until the set is found. */
export const SET_BY_ID: Subject = { plan: null, database: null };

/** What the name of a set says of its plan and database. @throws HoldfastError USAGE. */
export function subjectOfSet(text: string): Subject {
  const name = parseSetName(text);
  return 'id' in name ? SET_BY_ID : { plan: name.plan ?? null, database: name.database ?? null };
}
