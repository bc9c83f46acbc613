import type { Command } from 'commander';
import { describeMeasures } from '../../engine/domain/anomaly/describe-anomaly.ts';
import { type AcceptResult, accept } from '../../engine/operations/hold.ts';
import { markCommand } from '../mark-command.ts';
import type { Run } from '../run.ts';

export function acceptCommand(run: Run): Command {
  return markCommand(run, {
    name: 'accept',
    description:
      'unfreeze retention: accept a changed size as the new normal, or a damaged set as lost',
    access: 'read',
    operation: accept,
    say: describeAccept,
  });
}

function describeAccept({ id, repositories, stillSuspect, accepts }: AcceptResult): string {
  const normal = repositories.filter((name) => !stillSuspect.includes(name));
  return [
    ...(normal.length === 0
      ? []
      : [`${id} is not SUSPECT any more in ${normal.join(', ')}; a drill makes it PROVEN`]),
    ...(accepts.length === 0
      ? []
      : [
          `New normal from this set on: ${describeMeasures(accepts)}. Seven sets from now on it is compared in full again; until then only what is gone altogether is found.`,
        ]),
    ...(stillSuspect.length === 0
      ? []
      : [
          `${id} no longer freezes retention in ${stillSuspect.join(', ')}. It stays SUSPECT: it counts for nothing, and is released when its keep is over`,
        ]),
  ].join('\n');
}
