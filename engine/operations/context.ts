import type { AuditRecord } from '../domain/audit-record.ts';
import type { SetAddress } from '../domain/key.ts';
import type { KeyName } from '../domain/key-name.ts';
import type { LockLimit } from '../domain/lock-limit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import type { Repository } from '../ports/repository.ts';
import type { Toolset } from '../postgres/tools.ts';
import type { Keyring } from '../stream/envelope.ts';

/** A repository of the config. */
export interface NamedRepository {
  name: string;
  repository: Repository;
  /** How long sets may be locked there at once, by the plans that write there; else as long as their manifests say. */
  lockLimit?: LockLimit;
  /** The config puts up with a store in which objects can be replaced. */
  acceptsOverwrites?: boolean;
}

/** What opens and reads one set. */
export interface SetReader {
  repository: Repository;
  keyring: Keyring;
}

/** What an operation works with; built by the composition root. */
export interface Context {
  project: string;
  /** Databases of the config: `latest` alone means a set of theirs, where there are any. */
  databases?: readonly string[];
  /** All that the command has to do with, in the order of preference; at least one. */
  repositories: readonly NamedRepository[];
  /** The one that is worked on: the first, until `at` chooses another. */
  repository: Repository;
  /** Wraps for all keys of the repository, unwraps with those at hand. */
  keyring: Keyring;
  keys: KeyName[];
  /** Where rights are given for one set at a time: what reads that set. Else `repository` and `keyring` read them all. */
  readerOf?: (set: SetAddress) => Promise<SetReader>;
  clock: Clock;
  /** Four random hexadecimal digits. */
  randomTail: () => string;
  toolsets: readonly Toolset[];
  actor: AuditRecord['initiatedBy'];
  /** How long a connection or a program may stand still; the default of `stallTimeout` unless given. */
  stallTimeoutSeconds?: number | undefined;
  signal: AbortSignal;
  progress: Progress;
  /** Hears which database and plan the run is about, as soon as that is known. */
  onDatabase?: ((database: string, plan: string | null) => void) | undefined;
}

/** The same context, on one of its repositories. */
export function at<T extends Pick<Context, 'repositories' | 'repository'>>(
  context: T,
  chosen: NamedRepository,
): T {
  return { ...context, repositories: [chosen], repository: chosen.repository };
}
