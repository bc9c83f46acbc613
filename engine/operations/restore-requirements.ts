import type { LogicalManifest, ManifestSource } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import type { Session } from '../postgres/session.ts';
import { existingRoles } from '../postgres/shared-text.ts';

/** What a target lacks for a set, asked before anything is written. */
export interface TargetGaps {
  /** Roles that own something in the set or have a grant in it. */
  roles: string[];
  /** All roles of the source that the target lacks: those that `--roles` makes. */
  rolesOfSource: string[];
  extensions: string[];
  tablespaces: string[];
}

export interface GapsOptions {
  manifest: LogicalManifest;
  /** The roles of the source that are to be made where the target lacks them. */
  rolesOfSource: readonly string[];
}

export async function readTargetGaps(
  target: Session,
  { manifest, rolesOfSource }: GapsOptions,
): Promise<TargetGaps> {
  const names = async (query: string) =>
    new Set((await target.query<{ name: string }>(query)).map(({ name }) => name));
  const roles = new Set(await existingRoles(target, manifest.source));
  const extensions = await names('SELECT name FROM pg_catalog.pg_available_extensions');
  const tablespaces = await names('SELECT spcname AS name FROM pg_catalog.pg_tablespace');
  return {
    roles: manifest.roles.filter((name) => !roles.has(name)),
    rolesOfSource: rolesOfSource.filter((name) => !roles.has(name)),
    extensions: manifest.extensions
      .filter(({ name }) => !extensions.has(name))
      .map(({ name }) => name),
    tablespaces: manifest.tablespaces.filter((name) => !tablespaces.has(name)),
  };
}

/** @throws HoldfastError TARGET_UNFIT. */
export function assertFit(
  { roles, rolesOfSource, extensions }: TargetGaps,
  { makesRoles }: { makesRoles: boolean },
): void {
  if (extensions.length > 0) {
    throw new HoldfastError({
      code: 'TARGET_UNFIT',
      message: `the target server has no extension ${extensions.join(', ')}`,
      hint: 'Install its package on the target server (on Debian postgresql-contrib is part of the server package), then run it again.',
    });
  }
  const missing = roles.filter((name) => !makesRoles || !rolesOfSource.includes(name));
  if (missing.length > 0) {
    throw new HoldfastError({
      code: 'TARGET_UNFIT',
      message: `the target server has no role ${missing.join(', ')}`,
      hint: makesRoles
        ? 'The set does not hold these roles, so --roles can not make them: create them first.'
        : 'Run it again with --roles, which makes them (NOLOGIN, without password), or create them first.',
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
