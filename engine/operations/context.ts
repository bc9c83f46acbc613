import type { AuditRecord } from '../domain/audit-record.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import type { Repository } from '../ports/repository.ts';
import type { Toolset } from '../postgres/tools.ts';
import type { Keyring } from '../stream/envelope.ts';

export type KeyName = Manifest['keys'][number];

/** What an operation works with; built by the composition root. */
export interface Context {
  project: string;
  repository: Repository;
  /** Wraps for all keys of the repository, unwraps with those at hand. */
  keyring: Keyring;
  keys: KeyName[];
  clock: Clock;
  /** Four random hexadecimal digits. */
  randomTail: () => string;
  toolsets: readonly Toolset[];
  actor: AuditRecord['initiatedBy'];
  signal: AbortSignal;
  progress: Progress;
}
