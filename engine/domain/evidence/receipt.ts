import { HOLDFAST_VERSION } from '../../contract.ts';
import type { DrillReport } from '../drill-report.ts';
import { manifestKey } from '../key.ts';
import { makeStatement, type Statement } from '../signing/statement.ts';

export const RECEIPT_TYPE = 'urn:holdfast:restore-test:v1';
export const EVIDENCE_TYPE = 'urn:holdfast:monthly-evidence:v1';

/** What stands behind the stem of a file that a statement names. */
export const STATEMENT_SUFFIX = '.dsse.json';

export interface ReceiptOptions {
  /** SHA-256 of the manifest as it lies in the repository. */
  manifest: string;
  /** Programs that wrote the set. */
  tools: Record<string, string>;
  /** The report of the drill and its SHA-256. */
  stored: { key: string; sha256: string };
}

/** What a drill states of the set that it restored: counts and times, and no row. */
export function receiptOf(
  report: DrillReport,
  { manifest, tools, stored }: ReceiptOptions,
): Statement {
  const { backup, tables, checks, exceptions } = report;
  return makeStatement({
    subject: [{ name: manifestKey(backup), digest: { sha256: manifest } }],
    predicateType: RECEIPT_TYPE,
    predicate: {
      result: report.result,
      ...(report.rehearsal === true ? { rehearsal: true } : {}),
      backup: { id: backup.id, plan: backup.plan, database: backup.database },
      tester: report.tester,
      host: report.host,
      startedAt: report.startedAt,
      completedAt: report.completedAt,
      restoreSeconds: report.restoreSeconds,
      durationSeconds: report.durationSeconds,
      tables: tables.map(({ schema, name, expected, found, isEqual }) => ({
        ...{ schema, name, expected, found: found ?? null, isEqual },
      })),
      checks: checks.map(({ name, passed, isShown, detail }) => ({
        ...{ name, passed, isShown: isShown !== false, detail },
      })),
      exceptions,
      versions: { holdfast: HOLDFAST_VERSION, server: report.serverVersion, backup: tools },
      report: stored,
    },
  });
}

/** What the signed statement of a month says: which files belong to it. */
export function evidenceStatement(
  { id, project, month }: { id: string; project: string; month: string },
  files: readonly { name: string; sha256: string }[],
): Statement {
  return makeStatement({
    subject: files.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: EVIDENCE_TYPE,
    predicate: { id, project, month, holdfastVersion: HOLDFAST_VERSION },
  });
}
