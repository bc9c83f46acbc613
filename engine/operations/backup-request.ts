import type { PlanConfig } from '../config/plan-schema.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';

/** One run of one logical plan on one database. */
export interface BackupRequest {
  planName: string;
  plan: PlanConfig;
  database: string;
  settings: ConnectionSettings;
  /** Where these are the settings of a standby: its primary, as far as the config could say how to reach it. */
  standby?: { primary: ConnectionSettings | undefined } | undefined;
  /** Of the database: whether a major that the tests don't know may be backed up. */
  allowUntestedMajor: boolean;
  /** Keeps the set whatever its age. */
  hold: boolean;
  scheduledFor?: Date;
}

/** The server that was reached, as the first session of the run reached it. */
export interface ReachedServer {
  host: string;
  /** Its address; null through a Unix socket. */
  hostaddr: string | null;
  port: number;
  /** Name of the database on the server. */
  database: string;
  user: string;
}

export interface BackupResult {
  id: string;
  plan: string;
  database: string;
  server: ReachedServer;
  storedBytes: number;
  plaintextBytes: number;
  rows: number;
  tables: number;
  seconds: number;
  /** One for each repository. */
  copies: { repository: string; keepUntil: string }[];
  notes: string[];
}
