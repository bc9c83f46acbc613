import { createHash } from 'node:crypto';
import { PREFIX } from '../../contract.ts';
import { isBackupId } from '../../domain/backup-id.ts';
import { quoteForShell } from '../../domain/command-quoting.ts';
import { EVIDENCE_TYPE, STATEMENT_SUFFIX } from '../../domain/evidence/receipt.ts';
import { parseStatement, STATEMENT_PAYLOAD_TYPE } from '../../domain/signing/statement.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { openEnvelope, type PublicKey } from '../../stream/signing/sign-envelope.ts';
import type { NamedRepository } from '../context.ts';
import { readPublicKeys } from '../signing/public-keys.ts';

/** A report by the files of one id, and whether they are what was signed. */
export interface VerifiedReport {
  id: string;
  /** Where its files lie. */
  place: string;
  keyId: string | null;
  files: { name: string; isUnchanged: boolean }[];
  /** Null where everything is as it was signed. */
  problem: string | null;
}

/** Reads a file that lies beside the statement; undefined where there is none. */
export type ReadFile = (name: string) => Promise<Buffer | undefined>;

export interface VerifyOptions {
  id: string;
  place: string;
  read: ReadFile;
  keys: readonly PublicKey[];
}

/** One report, in a repository or in a folder of its own. */
export async function verifyFiles(options: VerifyOptions): Promise<VerifiedReport> {
  const { id, place, read, keys } = options;
  const failed = (problem: string): VerifiedReport => ({
    ...{ id, place, keyId: null, files: [], problem },
  });
  const envelope = await read(`${id}${STATEMENT_SUFFIX}`);
  if (envelope === undefined) return failed('its signed statement is not there');
  const opened = openEnvelope(envelope, keys);
  if ('fault' in opened) return failed(FAULTS[opened.fault]);
  const statement =
    opened.payloadType === STATEMENT_PAYLOAD_TYPE ? parseStatement(opened.payload) : undefined;
  const isOfReport = statement?.predicateType === EVIDENCE_TYPE && statement.predicate.id === id;
  if (statement === undefined || !isOfReport)
    return failed('its statement is signed, and is not one of this report');
  const files = await Promise.all(
    statement.subject.map(async ({ name, digest }) => {
      const content = await read(name);
      const found = content && createHash('sha256').update(content).digest('hex');
      return { name, isThere: content !== undefined, isUnchanged: found === digest.sha256 };
    }),
  );
  const changed = files.find(({ isUnchanged }) => !isUnchanged);
  return {
    ...{ id, place, keyId: opened.keyId },
    files: files.map(({ name, isUnchanged }) => ({ name, isUnchanged })),
    problem: changed === undefined ? null : describeChange(changed),
  };
}

const FAULTS = {
  malformed: 'its statement is no DSSE envelope',
  'unknown-key': 'its statement is signed by a key that is not known',
  'bad-signature': 'the signature of its statement is wrong',
} as const;

function describeChange({ name, isThere }: { name: string; isThere: boolean }): string {
  return isThere ? `${name} was changed after it was signed` : `${name} is not there`;
}

/**
 * Every report of a month in a repository. @param keys those that were kept in another place; where there is none, those
 * that the repository names. @throws HoldfastError SET_NOT_FOUND where there is no report.
 */
export async function verifyMonth(
  { repository }: NamedRepository,
  { month, keys }: { month: string; keys: readonly PublicKey[] },
): Promise<VerifiedReport[]> {
  const prefix = `${PREFIX.evidence}/${month}/`;
  const ids = new Set<string>();
  for await (const { key } of repository.list(prefix)) {
    const id = key.slice(prefix.length).replace(/\..*$/, '');
    if (isBackupId(id)) ids.add(id);
  }
  if (ids.size === 0) throw noReport(month, repository);
  const known = keys.length > 0 ? keys : await readPublicKeys(repository);
  const read: ReadFile = (name) => get(repository, prefix + name);
  const place = `${repository.location}/${prefix}`;
  return Promise.all([...ids].map((id) => verifyFiles({ id, place, read, keys: known })));
}

async function get(repository: Repository, key: string): Promise<Buffer | undefined> {
  try {
    return await repository.get(key);
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}

function noReport(month: string, { location }: Repository): HoldfastError {
  return new HoldfastError({
    code: 'SET_NOT_FOUND',
    message: `there is no report of ${month} in ${location}`,
    hint: `Run \`holdfast report --month ${quoteForShell(month)}\`.`,
  });
}
