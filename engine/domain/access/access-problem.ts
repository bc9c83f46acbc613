import { RUNBOOK } from '../../contract.ts';
import { accessKey } from '../alert-key.ts';
import type { Problem } from '../alerts.ts';
import { quoteForShell } from '../command-quoting.ts';
import { type Places, touchedBy } from './touched-set.ts';
import { callerOf, type TrailRecord } from './trail-record.ts';

/**
 * That somebody took what a set holds who is none of ours; undefined where the call was about sets of another project. One alert for a
 * principal and a database: who copies a thousand objects is told of once, and again after the cool-down while it goes on.
 */
export function accessProblem(record: TrailRecord, places: Places): Problem | undefined {
  const touched = touchedBy(record, places);
  if (touched === undefined) return undefined;
  const { principal, session } = callerOf(record);
  const { set, object, action } = touched;
  const what = action.startsWith('kms:') ? 'opened a key of' : 'read';
  const which = set === null ? 'a set' : `${set.database} ${set.id}`;
  const from = record.sourceIPAddress ? ` from ${record.sourceIPAddress}` : '';
  return {
    key: accessKey({ principal, database: set?.database ?? null }),
    severity: 'critical',
    title: `${nameOf(principal)} ${what} ${which}`,
    detail: `${action}${object === null ? '' : ` on ${object}`} by ${principal}${session === null ? '' : ` (session ${session})`}${from} in ${record.awsRegion}; the backups stay as they are`,
    since: new Date(record.eventTime),
    hint: `\`holdfast audit access --month ${quoteForShell(record.eventTime.slice(0, 7))} --others\` lists everything that was read`,
    runbook: `${RUNBOOK.page}#${RUNBOOK.access}`,
  };
}

/** `role/Admin` of an ARN; other names as they are. */
function nameOf(principal: string): string {
  return principal.startsWith('arn:') ? principal.split(':').slice(5).join(':') : principal;
}
