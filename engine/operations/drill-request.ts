import type { DrillConfig } from '../config/database-schema.ts';

export interface DrillRequest {
  set: string;
  tester: string;
  notes?: string | undefined;
  jobs: number;
  /** By the name of the database, since the set decides which one it is. */
  drillOf: (database: string) => DrillConfig;
}
