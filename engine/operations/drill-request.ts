import type { DrillConfig } from '../config/database-schema.ts';
import type { DrillReport } from '../domain/drill-report.ts';
import type { Signer } from '../ports/signer.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';

export interface DrillRequest {
  set: string;
  tester: string;
  notes?: string | undefined;
  /** It is the yearly full rehearsal, which the notes describe. */
  isRehearsal?: boolean | undefined;
  /** A server whose new database the set is restored into; a throw-away server of this machine without it. */
  on?: ConnectionSettings | undefined;
  jobs: number;
  /** Called with the report as soon as it is stored, whatever its result. */
  onReport?: ((report: DrillReport) => void) | undefined;
  /** What signs the receipt of the drill; there is none without it. */
  makeSigner?: (() => Promise<Signer>) | undefined;
  /** By the name of the database, since the set decides which one it is. */
  drillOf: (database: string) => DrillConfig;
  /** Whether a database may be without a row. */
  expectsEmpty?: (database: string) => boolean;
}
