import { ownValue } from '../../domain/text/own-value.ts';
import { HoldfastError } from '../../errors.ts';
import type { Session } from '../session.ts';

/** Extensions that can be created only in the one database that a setting of the server names. */
export const HOME_SETTINGS: Readonly<Record<string, string>> = {
  pg_cron: 'cron.database_name',
};

export interface HomeOptions {
  extensions: readonly { name: string }[];
  /** Of the database. */
  name: string;
}

/** The extensions among these that this server creates only in a database of this name. */
export async function extensionsAtHomeIn(
  session: Session,
  { extensions, name }: HomeOptions,
): Promise<string[]> {
  const found: string[] = [];
  for (const extension of extensions) {
    const setting = ownValue(HOME_SETTINGS, extension.name);
    if (setting === undefined) continue;
    const { home } = await session.queryOne<{ home: string | null }>(
      'SELECT pg_catalog.current_setting($1, true) AS home',
      [setting],
    );
    if (home === name) found.push(extension.name);
  }
  return found;
}

/** @throws HoldfastError TARGET_UNFIT: a database beside the home of an extension can't have it. */
export async function assertNotAtHome(session: Session, options: HomeOptions): Promise<void> {
  const [extension] = await extensionsAtHomeIn(session, options);
  if (extension === undefined) return;
  const { name } = options;
  throw new HoldfastError({
    code: 'TARGET_UNFIT',
    message: `extension ${extension} can be created in database ${name} only, so nothing that has it can be restored beside ${name}`,
    hint: `Rename the database in SQL (ALTER DATABASE ... RENAME TO ...), then run the restore with --create instead of --overwrite.`,
  });
}
