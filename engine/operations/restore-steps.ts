import { type Manifest, plaintextBytes, totalRows } from '../domain/manifest.ts';
import type { RestoreRequest } from './restore-request.ts';
import type { TargetGaps } from './restore-requirements.ts';

export interface StepOptions extends Pick<RestoreRequest, 'contents' | 'jobs' | 'roles'> {
  gaps: TargetGaps;
  repository: string;
}

/** What a restore will do once its database is there, in the order in which it does it. */
export function restoreSteps(
  manifest: Manifest,
  { contents, jobs, roles, gaps, repository }: StepOptions,
): string[] {
  const rows = `${totalRows(manifest)} rows (${plaintextBytes(manifest)} bytes of text)`;
  return [
    ...(roles && gaps.roles.length > 0 ? [`create roles ${gaps.roles.join(', ')} (NOLOGIN)`] : []),
    ...(contents === 'data' ? [] : [`restore the definitions of ${manifest.tables.length} tables`]),
    ...(contents === 'schema' ? [] : [`stream ${rows} from ${repository}`]),
    ...(contents === 'data' ? [] : [`build keys and indexes, ${jobs} at a time`]),
    ...(contents === 'schema'
      ? []
      : ['count the rows of every table and compare them with the manifest']),
  ];
}
