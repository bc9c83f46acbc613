import { PREFIX } from '../../contract.ts';
import { LEDGER_PREFIX } from '../../domain/audit/ledger-entry.ts';
import { isKeptRecord, isOutlivedRecord } from '../../domain/record-age.ts';
import type { ListOptions, Repository } from '../../ports/repository.ts';

export interface OutlivedOptions extends ListOptions {
  now: Date;
}

/**
 * Keys of audit records, drill reports and evidence that have outlived their six years. Each folder is listed from its oldest
 * record to the first that is still kept: a request for each folder, and one a thousand objects that go.
 */
export async function outlivedRecords(
  repository: Pick<Repository, 'list' | 'prefixes'>,
  { now, onHidden }: OutlivedOptions,
): Promise<string[]> {
  const ofDrills = await repository.prefixes(`${PREFIX.drills}/`, { onHidden });
  const folders = [`${PREFIX.audit}/`, LEDGER_PREFIX, `${PREFIX.evidence}/`, ...ofDrills];
  const keys: string[] = [];
  for (const folder of folders)
    for await (const object of repository.list(folder, { onHidden })) {
      if (isKeptRecord(object, { now })) break;
      if (isOutlivedRecord(object, { now })) keys.push(object.key);
    }
  return [...new Set(keys)];
}
