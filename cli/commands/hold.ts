import type { Command } from 'commander';
import { type HoldResult, hold } from '../../engine/operations/hold.ts';
import { markCommand } from '../mark-command.ts';
import type { Run } from '../run.ts';

export function holdCommand(run: Run): Command {
  return markCommand(run, {
    name: 'hold',
    description: 'keep a set whatever its age, in every repository that has it',
    access: 'optional',
    operation: hold,
    say: describeHold,
  });
}

function describeHold({ id, repositories, suspectAgain = [] }: HoldResult): string {
  const held = `${id} is held in ${repositories.join(', ')}`;
  if (suspectAgain.length === 0) return held;
  return `${held}\nThe set was accepted before; the hold takes that back in ${suspectAgain.join(', ')}: it is SUSPECT and freezes retention again. \`holdfast accept ${id}\` accepts it again, and the hold stays.`;
}
