import { randomBytes } from 'node:crypto';
import type { AuditContext } from '../operations/audit.ts';
import type { Stack } from './from-stack.ts';
import { stackVault } from './stack-vault.ts';
import { writeLine } from './write-line.ts';

/** What a function of the stack writes its audit records with. */
export async function stackAudit(stack: Stack): Promise<AuditContext> {
  const { vault, clock } = await stackVault(stack);
  return {
    repositories: [vault],
    clock,
    actor: stack.actor,
    randomTail: () => randomBytes(2).toString('hex'),
    progress: ({ note }) => {
      if (note !== undefined) writeLine({ type: 'note', text: note });
    },
  };
}
