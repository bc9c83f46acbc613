import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import type { ThawTier } from '../domain/thaw-estimate.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import type { ProtectedDatabase } from './restore-guard.ts';
import type { TableRequest, TableResult } from './restore-tables.ts';

export interface RestoreRequest {
  set: string;
  to: ConnectionSettings;
  /** How another role can be named, for hints; undefined where the login is one for restores. */
  otherLogin?: string | undefined;
  create: boolean;
  contents: 'all' | 'schema' | 'data';
  /** Makes the roles that the target lacks. */
  roles: boolean;
  /** Leaves all objects, and the database, to the role that restores. */
  noOwner: boolean;
  jobs: number;
  dryRun: boolean;
  /** The name of the target database, said once more: it is replaced. */
  overwrite?: string | undefined;
  endSessions: boolean;
  /** Restores everything that the target takes, and lists the rest. */
  keepGoing: boolean;
  /** Waits for objects in a cold storage class, at this speed. */
  thaw?: ThawTier | undefined;
  tables: readonly TableRequest[];
  protectedDatabases: readonly ProtectedDatabase[];
}

export interface RestoreResult {
  set: string;
  target: string;
  isDryRun: boolean;
  steps: string[];
  rows: number;
  tables: TableComparison[];
  restoredTables: TableResult[];
  /** What the target refused, with `keepGoing`. */
  failures: FailedEntry[];
  /** With `create` and `keepGoing`: the name of a database that lacks what is listed. */
  incomplete: string | null;
  /** The name under which a replaced database was kept. */
  kept: string | null;
  /** With `kept`: SQL for another database of the server that puts it back. */
  undo: string | null;
  /** With `kept`: SQL that removes it for good. */
  cleanUp: string | null;
  seconds: number;
  notes: string[];
}
