import type { Command } from 'commander';
import { hold } from '../../engine/operations/hold.ts';
import { markCommand } from '../mark-command.ts';
import type { Run } from '../run.ts';

export function holdCommand(run: Run): Command {
  return markCommand(run, {
    name: 'hold',
    description: 'keep a set whatever its age, in every repository that has it',
    access: 'optional',
    operation: hold,
    say: ({ id, repositories }) => `${id} is held in ${repositories.join(', ')}`,
  });
}
