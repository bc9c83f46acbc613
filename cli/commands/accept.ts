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

function describeAccept(result: AcceptResult): string {
  const { id, repositories, stillSuspect, accepts, alsoSuspect } = result;
  const normal = repositories.filter((name) => !stillSuspect.includes(name));
  return [
    ...(normal.length === 0
      ? []
      : [`${id} is not SUSPECT any more in ${normal.join(', ')}; a drill makes it PROVEN`]),
    ...(accepts.length === 0
      ? []
      : [
          `New normal from this set on: ${describeMeasures(accepts)}. These are compared in full again when there are seven sets from this one on; until then only what is gone altogether is found.`,
        ]),
    ...(stillSuspect.length === 0
      ? []
      : [
          `${id} no longer freezes retention in ${stillSuspect.join(', ')}. It stays SUSPECT: it counts for nothing, and is released when its keep is over`,
        ]),
    ...(alsoSuspect.length === 0
      ? []
      : [
          `Younger sets deviate too and freeze retention. Where that was meant as well: ${alsoSuspect.map((id) => `\`holdfast accept ${id}\``).join(', ')}`,
        ]),
  ].join('\n');
}
