import { basicTime, parseBasicTime } from '../backup-id.ts';

/** Of the database that a drill makes in a named server, and what a restore calls it before and where something is missing. */
const NAME =
  /^(holdfast_drill_(\d{8}T\d{6}Z)_[0-9a-f]{4})(?:_(?:unfinished|incomplete|restored)_[0-9a-f]{8})?$/;

/** The same as a regular expression of PostgreSQL. */
export const DRILL_DATABASE_PATTERN =
  '^holdfast_drill_[0-9]{8}T[0-9]{6}Z_[0-9a-f]{4}(_(unfinished|incomplete|restored)_[0-9a-f]{8})?$';

/** Short enough for whatever a restore appends. @param tail four hexadecimal digits. */
export function drillDatabaseName(startedAt: Date, tail: string): string {
  return `holdfast_drill_${basicTime(startedAt)}_${tail}`;
}

export interface DrillDatabase {
  /** What the session of its drill is called while that runs. */
  drill: string;
  startedAt: Date;
}

/** Undefined for a name that no drill gives. */
export function parseDrillDatabaseName(name: string): DrillDatabase | undefined {
  const [, drill, time = ''] = NAME.exec(name) ?? [];
  const startedAt = parseBasicTime(time);
  return drill === undefined || startedAt === undefined ? undefined : { drill, startedAt };
}
