import { createHash } from 'node:crypto';
import { PREFIX } from '../../contract.ts';
import { basicTime } from '../../domain/backup-id.ts';
import type { ReadTrails } from '../../domain/evidence/access-evidence.ts';
import type { ReportedConfig } from '../../domain/evidence/evidence.ts';
import { makeReport } from '../../domain/evidence/make-report.ts';
import { assertHasBegun, type Month } from '../../domain/evidence/month.ts';
import { evidenceStatement, STATEMENT_SUFFIX } from '../../domain/evidence/receipt.ts';
import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../../domain/signing/statement.ts';
import { jsonText } from '../../domain/text/plain-text.ts';
import type { Signer } from '../../ports/signer.ts';
import { signEnvelope } from '../../stream/signing/sign-envelope.ts';
import { audited } from '../audit.ts';
import type { CheckOptions } from '../check.ts';
import type { Context, NamedRepository } from '../context.ts';
import { renderPage } from '../evidence-page/page.ts';
import { publishPublicKey } from '../signing/public-keys.ts';
import { collectEvidence } from './collect.ts';

export type EvidenceContext = Pick<
  Context,
  'repositories' | 'clock' | 'actor' | 'randomTail' | 'progress'
>;

export interface ReportRequest {
  month: Month;
  config: ReportedConfig;
  signer: Signer;
  /** Of the check whose findings the report shows. */
  check?: CheckOptions | undefined;
  /** What the trails of the stack say of the month; null where nobody read them. */
  trails?: ReadTrails | null | undefined;
}

export interface WrittenReport {
  report: EvidenceReport;
  /** Keys of the page, the same as JSON, and the signed statement that names both. */
  htmlKey: string;
  jsonKey: string;
  statementKey: string;
  /** Locations of the repositories that hold them. */
  places: string[];
}

/**
 * Makes the evidence of a month and puts it, signed, into every repository that it was read from. Everything is signed
 * before anything is written. Leaves an audit record.
 * @throws HoldfastError USAGE for a month that has not begun, KEY_UNUSABLE, CREDENTIALS, and when a repository fails.
 */
export async function writeReport(
  context: EvidenceContext,
  request: ReportRequest,
): Promise<WrittenReport> {
  assertHasBegun(request.month, context.clock.now());
  const subject = { operation: 'report', plan: null, database: null, backup: null } as const;
  return audited(context, { ...subject, target: null }, async (notes) => {
    notes.notes = `evidence of ${request.month.name}`;
    const written = await writeFiles(context, request);
    notes.notes = `evidence of ${request.month.name}: ${written.htmlKey}`;
    return written;
  });
}

async function writeFiles(
  context: EvidenceContext,
  { month, config, signer, check, trails }: ReportRequest,
): Promise<WrittenReport> {
  const { repositories, clock, randomTail, progress } = context;
  const id = `${basicTime(clock.now())}-${randomTail()}`;
  progress({ phase: 'reading records and sets' });
  const report = makeReport(await collectEvidence(context, { id, month, config, check, trails }));
  progress({ phase: 'writing the report' });
  const files = [
    { name: `${id}.html`, content: Buffer.from(renderPage(report)) },
    { name: `${id}.json`, content: Buffer.from(`${jsonText(report, { indent: 2 })}\n`) },
  ];
  const statement = evidenceStatement(
    report,
    files.map(({ name, content }) => ({ name, sha256: sha256(content) })),
  );
  const envelope = await signEnvelope(signer, {
    payloadType: STATEMENT_PAYLOAD_TYPE,
    payload: Buffer.from(jsonText(statement)),
  });
  const signed = Buffer.from(`${jsonText(envelope, { indent: 2 })}\n`);
  const all = [...files, { name: `${id}${STATEMENT_SUFFIX}`, content: signed }];
  for (const place of repositories) await put(place, { all, month, signer });
  const keyOf = (suffix: string) => `${PREFIX.evidence}/${month.name}/${id}${suffix}`;
  return {
    report,
    htmlKey: keyOf('.html'),
    jsonKey: keyOf('.json'),
    statementKey: keyOf(STATEMENT_SUFFIX),
    places: repositories.map(({ repository: { location } }) => location),
  };
}

interface Files {
  all: readonly { name: string; content: Buffer }[];
  month: Month;
  signer: Signer;
}

/** The statement last: without it there is no report. */
async function put({ repository }: NamedRepository, { all, month, signer }: Files): Promise<void> {
  await publishPublicKey(repository, signer);
  for (const { name, content } of all)
    await repository.put(`${PREFIX.evidence}/${month.name}/${name}`, content);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
