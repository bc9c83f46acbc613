import { isWhole, type LogicalManifest, plaintextBytes, totalRows } from '../domain/manifest.ts';
import { speakBytes, speakCount } from '../domain/spoken-numbers.ts';
import type { RestoreRequest } from './restore-request.ts';
import type { TargetGaps } from './restore-requirements.ts';

export interface StepOptions extends Pick<RestoreRequest, 'contents' | 'jobs'> {
  gaps: TargetGaps;
  repository: string;
}

/** What a restore will do once its database is there, in the order in which it does it. */
export function restoreSteps(
  manifest: LogicalManifest,
  { contents, jobs, gaps, repository }: StepOptions,
): string[] {
  const rows = `${speakCount(totalRows(manifest))} rows (${speakBytes(plaintextBytes(manifest))} of text)`;
  return [
    ...(contents === 'schema' ? [] : [sizeOf(manifest)]),
    ...(gaps.rolesOfSource.length > 0
      ? [`create roles ${gaps.rolesOfSource.join(', ')} (NOLOGIN)`]
      : []),
    ...(contents === 'data' ? [] : [`restore the definitions of ${manifest.tables.length} tables`]),
    ...(contents === 'schema' ? [] : [`stream ${rows} from ${repository}`]),
    ...(contents === 'data' ? [] : [`build keys and indexes, ${jobs} at a time`]),
    ...(contents === 'schema'
      ? []
      : ['count the rows of every table and compare them with the manifest']),
  ];
}

/** SQL can't ask a server for the free space of its disk. */
function sizeOf(manifest: LogicalManifest): string {
  const size = speakBytes(manifest.source.sizeBytes);
  const part = isWhole(manifest) ? '' : ', of which this set holds a part';
  return `take disk space on the target's server: the source database had ${size}${part} (check that this much is free there; SQL does not say)`;
}
