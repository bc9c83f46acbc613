import { keepIn } from '../../config/plan-scope.ts';
import type { SetAddress } from '../../domain/key.ts';
import {
  plaintextBytes,
  storedBytes,
  totalRows,
  type UnsealedLogical,
  type UnsealedManifest,
} from '../../domain/manifest.ts';
import { isEmptySet } from '../../domain/set/empty-set.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { PASSWORDS } from '../backup-manifest.ts';
import type { BackupRequest, BackupResult } from '../backup-request.ts';

export interface ResultOptions extends Pick<BackupRequest, 'plan'> {
  address: SetAddress;
  /** Of the server that was reached. */
  settings: ConnectionSettings;
  /** Names of the repositories that have the set. */
  repositories: readonly string[];
  seconds: number;
  notes: readonly string[];
}

/** What a backup made, for whoever ran it. */
export function describeResult(manifest: UnsealedLogical, options: ResultOptions): BackupResult {
  const { address, plan, settings, repositories, seconds, notes } = options;
  const { host, hostaddr, port, database, user } = settings;
  return {
    ...address,
    server: { host, hostaddr: hostaddr ?? null, port, database, user },
    storedBytes: storedBytes(manifest),
    plaintextBytes: plaintextBytes(manifest),
    rows: totalRows(manifest),
    tables: manifest.tables.filter(({ kind }) => kind === 'table').length,
    seconds,
    copies: repositories.map((repository) => ({
      repository,
      keepUntil: keepOf(manifest, { plan, repository }).keepUntil,
    })),
    notes: [...notes, ...emptyNotes(manifest), ...leftOutNotes(manifest)],
  };
}

/** How long one repository keeps the set. */
export function keepOf(
  { startedAt }: UnsealedManifest,
  { plan, repository }: Pick<BackupRequest, 'plan'> & { repository: string },
): Pick<UnsealedManifest, 'keepUntil' | 'keepAtLeast'> {
  const keep = keepIn(plan, repository);
  return {
    keepUntil: new Date(Date.parse(startedAt) + keep.for * 1000).toISOString(),
    keepAtLeast: keep.atLeast,
  };
}

function emptyNotes(manifest: UnsealedLogical): string[] {
  if (manifest.tables.length === 0) return ['the database holds no tables'];
  return isEmptySet(manifest)
    ? ['no table of the database has a row, and there is no large object']
    : [];
}

function leftOutNotes({ leftOut }: UnsealedManifest): string[] {
  return leftOut
    .filter(({ what }) => what !== PASSWORDS)
    .map(({ what, why }) => `left out: ${what} (${why})`);
}
