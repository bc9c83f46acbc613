import type { Command } from 'commander';
import { unhold } from '../../engine/operations/hold.ts';
import { markCommand } from '../mark-command.ts';
import type { Run } from '../run.ts';

export function unholdCommand(run: Run): Command {
  return markCommand(run, {
    name: 'unhold',
    description: 'end the hold of a set: retention applies to it again',
    access: 'read',
    operation: unhold,
    say: ({ id, repositories }) =>
      repositories.length === 0
        ? `${id} was not held`
        : `${id} is no longer held in ${repositories.join(', ')}`,
  });
}
