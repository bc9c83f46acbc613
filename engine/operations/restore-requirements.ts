import type { Manifest, ManifestSource } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import type { Session } from '../postgres/session.ts';

/** What a target lacks for a set, asked before anything is written. */
export interface TargetGaps {
  roles: string[];
  extensions: string[];
  tablespaces: string[];
}

export async function readTargetGaps(target: Session, manifest: Manifest): Promise<TargetGaps> {
  const names = async (query: string) =>
    new Set((await target.query<{ name: string }>(query)).map(({ name }) => name));
  const roles = await names('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const extensions = await names('SELECT name FROM pg_catalog.pg_available_extensions');
  const tablespaces = await names('SELECT spcname AS name FROM pg_catalog.pg_tablespace');
  return {
    roles: manifest.roles.filter((name) => !roles.has(name)),
    extensions: manifest.extensions
      .filter(({ name }) => !extensions.has(name))
      .map(({ name }) => name),
    tablespaces: manifest.tablespaces.filter((name) => !tablespaces.has(name)),
  };
}

/** @throws HoldfastError TARGET_UNFIT. */
export function assertFit(
  { roles, extensions }: TargetGaps,
  { makesRoles }: { makesRoles: boolean },
): void {
  if (extensions.length > 0) {
    throw new HoldfastError({
      code: 'TARGET_UNFIT',
      message: `the target server has no extension ${extensions.join(', ')}`,
      hint: 'Install its package on the target server (on Debian postgresql-contrib is part of the server package), then run it again.',
    });
  }
  if (roles.length > 0 && !makesRoles) {
    throw new HoldfastError({
      code: 'TARGET_UNFIT',
      message: `the target server has no role ${roles.join(', ')}`,
      hint: 'Run it again with --roles, which makes them (NOLOGIN, without password), or create them first.',
    });
  }
}

/**
 * PostgreSQL converts between encodings, but into SQL_ASCII it copies bytes: characters would become
 * bytes that nothing counts or compares as characters any more. @throws HoldfastError TARGET_UNFIT.
 */
export async function assertSameCharacters(
  target: Session,
  { encoding }: Pick<ManifestSource, 'encoding'>,
): Promise<void> {
  const { found } = await target.queryOne<{ found: string }>(
    `SELECT pg_catalog.pg_encoding_to_char(encoding) AS found FROM pg_catalog.pg_database
     WHERE datname = pg_catalog.current_database()`,
  );
  if (found !== 'SQL_ASCII' || encoding === 'SQL_ASCII') return;
  throw new HoldfastError({
    code: 'TARGET_UNFIT',
    message: `database ${target.settings.database} has the encoding SQL_ASCII, in which the characters of the source (${encoding}) would become bytes without a meaning`,
    hint: `Restore into a database that has the encoding of the source: drop this one and use --create.`,
  });
}
