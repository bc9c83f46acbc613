import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../adapters/system-clock.ts';
import { isBackupId } from '../domain/backup-id.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';
import { type VerifiedReport, verifyFiles } from '../operations/evidence/verify-report.ts';
import type { EvidenceContext } from '../operations/evidence/write-report.ts';
import { readPublicKeys } from '../operations/signing/public-keys.ts';
import type { Progress } from '../ports/progress.ts';
import type { Signer } from '../ports/signer.ts';
import { describeLocalUser } from '../postgres/connection/local-account.ts';
import type { PublicKey } from '../stream/signing/sign-envelope.ts';
import type { LoadedConfig } from './load-config.ts';
import { repositoriesOf } from './repositories.ts';
import { signerForWriting } from './signer.ts';

/** What a report is made with: it opens no set, so it needs no key of sets. */
export async function evidenceContext(
  loaded: LoadedConfig,
  { repositories, progress }: { repositories?: readonly string[] | undefined; progress: Progress },
): Promise<EvidenceContext> {
  return {
    repositories: await repositoriesOf(loaded, repositories),
    clock: systemClock,
    actor: { type: 'user', name: describeLocalUser(), host: hostname() },
    randomTail: () => randomBytes(2).toString('hex'),
    progress,
  };
}

/** What signs a report. A key that is made now is told: earlier reports are of another one, or of none. */
export async function reportSigner(
  loaded: LoadedConfig,
  { repositories, progress }: EvidenceContext,
): Promise<Signer> {
  const { signer, madeAt } = await signerForWriting(loaded);
  if (madeAt === undefined) return signer;
  progress({ phase: 'key', note: madeNote(madeAt) });
  const known = await Promise.all(repositories.map((one) => readPublicKeys(one.repository)));
  const others = known.flat().filter(({ keyId }) => keyId !== signer.keyId);
  if (others.length > 0)
    progress({
      phase: 'key',
      note: `reports and receipts until now were signed by ${[...new Set(others.map(({ keyId }) => keyId))].join(', ')}, from now on by ${signer.keyId}: keep the public keys of both`,
    });
  return signer;
}

export function madeNote(path: string): string {
  return `made a signing key at ${path}: keep a copy of it, and its public half in another place`;
}

/** What signs the receipt of a drill, with a note where the key is made. */
export function receiptSigner(
  loaded: LoadedConfig,
  { progress }: { progress: Progress },
): () => Promise<Signer> {
  return async () => {
    const { signer, madeAt } = await signerForWriting(loaded);
    if (madeAt !== undefined) progress({ phase: 'key', note: madeNote(madeAt) });
    return signer;
  };
}

/** Verifies a report that somebody handed on, by its files in one folder. @throws HoldfastError USAGE. */
export async function verifyReportFile(
  path: string,
  keys: readonly PublicKey[],
): Promise<VerifiedReport> {
  const id = basename(path).replace(/\..*$/, '');
  if (!isBackupId(id))
    throw new HoldfastError({
      code: 'USAGE',
      message: `${path} is neither a month nor a file of a report`,
      hint: 'Give a month, such as 2026-11, or the .html, .json or .dsse.json of a report under the name that it was written with.',
    });
  const folder = dirname(path);
  return verifyFiles({
    ...{ id, place: folder, keys },
    read: (name) =>
      readSmallFile(join(folder, basename(name)), { limitBytes: 64 * 1024 * 1024 }).catch(
        (cause: unknown) => {
          if (cause instanceof UnreadableFile) return undefined;
          throw cause;
        },
      ),
  });
}
