import type { SealedConfig } from '../../domain/audit/ledger-entry.ts';
import type { AuditContext } from '../audit.ts';
import { recordSetup } from './record-setup.ts';

export interface NewConfig extends SealedConfig {
  /** Its file or object; null where there is none. */
  target: string | null;
}

/** For `SealContext.onNewConfig`: writes down that a machine or a stack works by another config than before. */
export function recordConfig(
  context: AuditContext,
  { sha256, host, target }: NewConfig,
): (before: string | undefined) => Promise<void> {
  return (before) =>
    recordSetup(context, {
      ...{ operation: 'config', target, startedAt: context.clock.now() },
      notes: `config ${sha256} on ${host}${before === undefined ? '' : `, was ${before}`}`,
    });
}
