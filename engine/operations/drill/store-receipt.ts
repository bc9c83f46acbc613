import { createHash } from 'node:crypto';
import type { DrillReport } from '../../domain/drill-report.ts';
import { receiptOf, STATEMENT_SUFFIX } from '../../domain/evidence/receipt.ts';
import { manifestKey } from '../../domain/key.ts';
import { parseManifest } from '../../domain/manifest.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../../domain/signing/statement.ts';
import { jsonText } from '../../domain/text/plain-text.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import type { Signer } from '../../ports/signer.ts';
import { manifestDigest } from '../../stream/seal.ts';
import { signEnvelope } from '../../stream/signing/sign-envelope.ts';
import type { Context } from '../context.ts';
import type { OpenedSet } from '../opened-set.ts';
import { publishPublicKey } from '../signing/public-keys.ts';

export interface ReceiptRequest {
  set: OpenedSet;
  report: DrillReport;
  /** Of the report in the repository, which a role that drills may not read. */
  reportKey: string;
  reportSha256: string;
  makeSigner: () => Promise<Signer>;
}

/**
 * Puts a signed statement beside the report of a drill. The drill has shown what it has shown: without a key to sign with
 * there is no receipt, and a note says so.
 * @returns its key; undefined where there is none.
 */
export async function storeReceipt(
  { repository, progress }: Pick<Context, 'repository' | 'progress'>,
  request: ReceiptRequest,
): Promise<string | undefined> {
  try {
    return await putReceipt(repository, request);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    progress({ phase: 'receipt', note: `the drill has no signed receipt: ${error.message}` });
    return undefined;
  }
}

async function putReceipt(
  repository: Repository,
  { set, report, reportKey, reportSha256, makeSigner }: ReceiptRequest,
): Promise<string> {
  const signer = await makeSigner();
  const statement = receiptOf(report, {
    manifest: await storedManifestDigest(set),
    tools: set.manifest.tools,
    stored: { key: reportKey, sha256: reportSha256 },
  });
  const payload = Buffer.from(jsonText(statement));
  const envelope = await signEnvelope(signer, { payloadType: STATEMENT_PAYLOAD_TYPE, payload });
  const key = reportKey.replace(/\.json$/, STATEMENT_SUFFIX);
  await publishPublicKey(repository, signer);
  await repository.put(key, Buffer.from(`${jsonText(envelope, { indent: 2 })}\n`));
  return key;
}

/** Of the file as it lies there, which must be the manifest that was drilled. */
async function storedManifestDigest({ address, manifest, repository }: OpenedSet): Promise<string> {
  const key = manifestKey(address);
  const content = await repository.get(key);
  if (!manifestDigest(parseManifest(content, { key })).equals(manifestDigest(manifest)))
    throw new HoldfastError({
      code: 'MANIFEST_ALTERED',
      message: `the manifest of ${address.id} was changed during the drill`,
      hint: 'Run `holdfast verify` on the set.',
    });
  return sha256(content);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
