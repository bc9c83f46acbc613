import type { PlanConfig } from '../../config/plan-schema.ts';
import type { Config } from '../../config/schema.ts';
import type { AuditRecord } from '../audit-record.ts';
import type { DrillReport } from '../drill-report.ts';
import type { SetAddress } from '../key.ts';
import type { SetState } from '../set/evaluate-marks.ts';
import type { AccessEvidence } from './access-evidence.ts';
import type { LedgerEvidence, ReportedPlan } from './report-schema.ts';
import type { Standing } from './standing-schema.ts';

/** A backup set as a report counts it: one set, in however many repositories. */
export interface EvidenceSet extends SetAddress {
  startedAt: Date;
  /** Null where the manifest could not be read. */
  completedAt: Date | null;
  /** To which moment a restore of it leads. */
  snapshotAt: Date | null;
  scheduledFor: Date | null;
  /** The worst of its copies. */
  state: SetState;
  checkedAt: Date | null;
  provenAt: Date | null;
  /** Whether it holds a database with all its rows. */
  isWhole: boolean;
  /** Whether it holds what its plan asks for, as the config has it now. */
  fulfilsPlan: boolean;
  isHeld: boolean;
  rows: number | null;
  storedBytes: number | null;
  plaintextBytes: number | null;
  keepUntil: Date | null;
  /** Kinds of the keys that it is encrypted for. */
  keys: string[];
  /** Names of the repositories that hold it. */
  repositories: string[];
  /** Why its manifest could not be read. */
  problem: string | null;
}

/** A restore test as it lies in a repository. */
export interface StoredDrill {
  key: string;
  repository: string;
  report: DrillReport;
  receipt: 'verified' | 'bad' | 'none';
}

export type ReportedConfig = Pick<
  Config,
  | 'project'
  | 'plans'
  | 'databases'
  | 'repositories'
  | 'objectives'
  | 'contacts'
  | 'diskFull'
  | 'aws'
>;

/** All that one report is made of. */
export interface Evidence {
  id: string;
  month: { name: string; from: Date; to: Date };
  generatedAt: Date;
  generatedBy: AuditRecord['initiatedBy'];
  config: ReportedConfig;
  locations: { name: string; location: string; isRemote: boolean }[];
  /** Of the month, and before it the newest of each plan and database; oldest first. */
  sets: readonly EvidenceSet[];
  /** The earliest set or record of each plan and database, by `seriesKey`. */
  firstSigns: ReadonlyMap<string, Date>;
  /** From the first moment of the month on, oldest first, each once. */
  records: readonly AuditRecord[];
  unreadable: readonly { repository: string; key: string }[];
  drills: readonly StoredDrill[];
  /** When the newest full rehearsal before the end of the month ended; null where none is on record. */
  rehearsedAt?: Date | null;
  /** The plans of the report before, where there is one. */
  plansBefore: readonly ReportedPlan[] | null;
  ledgers: readonly LedgerEvidence[];
  /** Null where no trail was read. */
  accesses: AccessEvidence | null;
  /** Null where the config names nothing that can be checked. */
  standing: Standing | null;
}

/** Whether a plan takes all tables with their rows. */
export function isWholePlan(plan: PlanConfig | undefined): boolean {
  return plan?.contents === 'all' && plan.tables === undefined && !plan.excludeTables;
}

export function seriesKey({ plan, database }: { plan: string; database: string }): string {
  return JSON.stringify([plan, database]);
}
