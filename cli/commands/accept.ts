import type { Command } from 'commander';
import { accept } from '../../engine/operations/hold.ts';
import { markCommand } from '../mark-command.ts';
import type { Run } from '../run.ts';

export function acceptCommand(run: Run): Command {
  return markCommand(run, {
    name: 'accept',
    description:
      'take what made a set SUSPECT as the new normal, so that it freezes retention no longer',
    operation: accept,
    say: ({ id, repositories }) =>
      `${id} is SUSPECT no longer in ${repositories.join(', ')}; drill it, and older sets may rest on it`,
  });
}
