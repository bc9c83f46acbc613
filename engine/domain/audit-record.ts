import { z } from 'zod';
import { HOLDFAST_VERSION, PREFIX } from '../contract.ts';
import { alertRecordSchema } from './alert/alert-record.ts';
import { disposalSchema } from './audit/disposal.ts';
import { parseDocument } from './set/parse-document.ts';
import { redactSecrets } from './text/redact-secrets.ts';

export const AUDIT_OPERATIONS = [
  'backup',
  'verify',
  'drill',
  'restore',
  'export',
  'copy',
  'prune',
  'hold',
  'unhold',
  'accept',
  'recover',
  'keygen',
  'init',
  'config',
  'thaw',
  'run',
  'snapshot',
  'alert',
  'report',
] as const;
export type AuditOperation = (typeof AUDIT_OPERATIONS)[number];

const time = z.iso.datetime();

/** Who did what to which backup: written once, when it is over. The guide's `backup_audit_log` has a column for each field in its own words. */
export const auditRecordSchema = z.looseObject({
  schemaVersion: z.literal(1),
  id: z.string().describe('Time of completion and a random tail, like the id of a set.'),
  operation: z.enum(AUDIT_OPERATIONS),
  plan: z.string().nullable(),
  database: z.string().nullable(),
  backup: z.string().nullable().describe('Id of the set; `backup_file` in the guide.'),
  repository: z.string(),
  target: z.string().nullable().describe('Where a restore or an export went, without any secret.'),
  initiatedBy: z.looseObject({
    type: z.enum(['user', 'role']),
    name: z.string().describe('Login name, or the IAM principal.'),
    host: z.string(),
    requestedBy: z
      .string()
      .optional()
      .describe('Of a task that `holdfast remote` started: the IAM principal that asked.'),
  }),
  startedAt: time,
  completedAt: time,
  status: z
    .enum(['success', 'failed', 'skipped', 'stopped'])
    .describe('`stopped`: a signal or a person ended it; what it had done was put in order.'),
  bytes: z
    .int()
    .nonnegative()
    .nullable()
    .describe('Stored bytes of the set; `file_size_mb` in the guide.'),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  notes: z.string().nullable(),
  stage: z
    .enum(['backup', 'verify', 'drill'])
    .optional()
    .describe('Of `run` only: what the task was to do that left no record of its own.'),
  disposal: disposalSchema
    .optional()
    .describe('Certificate of a set of which nothing is left; of `prune` only.'),
  alert: alertRecordSchema.optional().describe('What began, got worse or ended; of `alert` only.'),
  holdfastVersion: z.string(),
});

export type AuditRecord = z.output<typeof auditRecordSchema>;

/** Records of newer versions name operations that this one does not know. */
const storedRecordSchema = auditRecordSchema.extend({ operation: z.string().max(64) });

/** Undefined where the bytes are no audit record. */
export function parseAuditRecord(content: Uint8Array): AuditRecord | undefined {
  const document = parseDocument(content);
  if ('fault' in document) return undefined;
  const parsed = storedRecordSchema.safeParse(document.value);
  return parsed.success ? (parsed.data as AuditRecord) : undefined;
}
export type AuditSubject = Pick<
  AuditRecord,
  'operation' | 'plan' | 'database' | 'backup' | 'target'
>;
export type AuditOutcome = Pick<
  AuditRecord,
  'status' | 'bytes' | 'error' | 'notes' | 'stage' | 'disposal' | 'alert'
>;

export interface AuditFrame {
  id: string;
  repository: string;
  initiatedBy: AuditRecord['initiatedBy'];
  startedAt: Date;
  completedAt: Date;
}

export function auditRecord(
  subject: AuditSubject,
  outcome: AuditOutcome,
  frame: AuditFrame,
): AuditRecord {
  return {
    schemaVersion: 1,
    ...subject,
    ...outcome,
    notes: outcome.notes === null ? null : redactSecrets(outcome.notes),
    ...frame,
    startedAt: frame.startedAt.toISOString(),
    completedAt: frame.completedAt.toISOString(),
    holdfastVersion: HOLDFAST_VERSION,
  };
}

/** audit/YYYY/MM/DD/<id>-<operation>.json, by the UTC day it was completed. */
export function auditKey({
  id,
  operation,
  completedAt,
}: Pick<AuditRecord, 'id' | 'operation' | 'completedAt'>): string {
  const [year, month, day] = completedAt.slice(0, 10).split('-');
  return `${PREFIX.audit}/${year}/${month}/${day}/${id}-${operation}.json`;
}
