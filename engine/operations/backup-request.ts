import type { PlanConfig } from '../config/schema.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';

/** One run of one logical plan on one database. */
export interface BackupRequest {
  planName: string;
  plan: PlanConfig;
  database: string;
  settings: ConnectionSettings;
  /** Keeps the set whatever its age. */
  hold: boolean;
  scheduledFor?: Date;
}

export interface BackupResult {
  id: string;
  plan: string;
  database: string;
  storedBytes: number;
  plaintextBytes: number;
  rows: number;
  tables: number;
  seconds: number;
  keepUntil: string;
  notes: string[];
}
