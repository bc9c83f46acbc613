import { APPLICATION_NAME } from '../contract.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import { readEntries, surveySets } from '../operations/catalog.ts';
import type { Context } from '../operations/context.ts';
import type { ProtectedDatabase } from '../operations/restore-guard.ts';
import { PASS_OVER_HIDDEN } from '../ports/repository.ts';
import { readIdentity } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { connectionOf } from './connections.ts';
import type { LoadedConfig } from './load-config.ts';

/** A database is the same for years; reading every manifest there is would cost minutes on the worst day. */
const REMEMBERED_SETS = 500;
/** Of each database, however many there are. */
const LEAST_EACH = 5;

/** Every database of the config, by what it is now (asked, if it answers) and by what it was when it was backed up. */
export async function protectedDatabases(
  loaded: LoadedConfig,
  context: Context,
): Promise<ProtectedDatabase[]> {
  const names = Object.keys(loaded.config.databases);
  const live = await Promise.all(names.map((name) => identityOf(loaded, name)));
  const recorded = new Map<string, ProtectedDatabase>();
  for (const { repository } of context.repositories) {
    const entries = newestOfEach(names, await readEntries(repository, '', PASS_OVER_HIDDEN));
    const identities = await surveySets(
      repository,
      ({ database, manifest }) =>
        manifest?.kind !== 'logical'
          ? undefined
          : { name: database, ...identityIn(manifest.source) },
      { entries },
    );
    for (const one of identities)
      if (one !== undefined)
        recorded.set(`${one.name} ${one.systemIdentifier} ${one.databaseOid}`, one);
  }
  return [...live.filter((one) => one !== undefined), ...recorded.values()];
}

/** A fair share each: the nightly sets of many databases must not crowd out the monthly one of another. */
function newestOfEach(names: readonly string[], entries: readonly CatalogEntry[]): CatalogEntry[] {
  const share = Math.max(LEAST_EACH, Math.floor(REMEMBERED_SETS / names.length));
  const byDatabase = Map.groupBy(entries, ({ database }) => database);
  return names.flatMap((name) => byDatabase.get(name)?.slice(-share) ?? []);
}

function identityIn({
  systemIdentifier,
  databaseOid,
}: {
  systemIdentifier: string;
  databaseOid: number;
}) {
  return { systemIdentifier, databaseOid };
}

async function identityOf(
  loaded: LoadedConfig,
  name: string,
): Promise<ProtectedDatabase | undefined> {
  try {
    const session = await Session.open(
      { ...(await connectionOf(loaded, name)), connectTimeoutSeconds: 5 },
      { applicationName: APPLICATION_NAME },
    );
    try {
      return { name, ...(await readIdentity(session)) };
    } finally {
      await session.end();
    }
  } catch (error) {
    if (isHoldfastError(error)) return undefined;
    throw error;
  }
}
