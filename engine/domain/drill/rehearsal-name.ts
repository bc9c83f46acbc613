import { PREFIX } from '../../contract.ts';
import { basicTime, parseBasicTime } from '../backup-id.ts';

/** No database has this name in a key: `encodeName` writes a dot in another way. */
const FOLDER = `${PREFIX.drills}/full.rehearsals/`;

export const REHEARSALS = FOLDER;

/** Key of the note that a drill was the yearly full rehearsal; check and report find it without reading every report. */
export function rehearsalKey({ id, completedAt }: { id: string; completedAt: Date }): string {
  return `${FOLDER}${basicTime(completedAt)}-${id}.txt`;
}

/** When the rehearsal ended; undefined for any other key. */
export function rehearsalTime(key: string): Date | undefined {
  return key.startsWith(FOLDER) ? parseBasicTime(key.slice(FOLDER.length)) : undefined;
}
