import type { ManifestSource } from '../../domain/manifest.ts';
import type { PropertyKind } from '../../domain/restore/database-statements.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { type ConnectionSettings, withDatabase } from '../../postgres/connection-settings.ts';
import { withoutObstacles } from '../../postgres/restore/overridden-settings.ts';
import { hasRightsOf, isSuperuser } from '../../postgres/restore/role-membership.ts';
import {
  closeToPublic,
  openToPublic,
  removeUnfinished,
  unfinishedName,
} from '../../postgres/restore/unfinished-database.ts';
import {
  commentUnfinished,
  uncommentUnfinished,
} from '../../postgres/restore/unfinished-own-name.ts';
import type { Session } from '../../postgres/session.ts';
import { createDatabase } from '../../postgres/target-database.ts';
import { type DatabaseProperties, giveProperties } from '../database-properties.ts';
import { giveTexts } from './give-texts.ts';

export interface NewDatabaseOptions {
  /** How to reach the server. */
  to: ConnectionSettings;
  /** What the database is called in the end. */
  name: string;
  /** Makes its name until then its own: eight hexadecimal digits. */
  tail: string;
  /** It has its name from the beginning: values or extensions in it depend on that name. */
  keepsName: boolean;
  source: ManifestSource;
  properties: DatabaseProperties;
  /** Whether its objects, and the database itself, go to their owners. */
  withOwner: boolean;
  applicationName: string;
  /** Called as soon as the database is there, with how to reach it. */
  onMade: (settings: ConnectionSettings) => Promise<void>;
  onNote: (note: string) => void;
}

export interface Filled<T> {
  /** The name that it still has. */
  unfinished: string;
  result: T;
}

/**
 * Makes a database under a name that says it is not finished, and fills it. When that fails the
 * database is dropped again, and the error says so where it can't be.
 */
export async function fillNewDatabase<T>(
  maintenance: Session,
  options: NewDatabaseOptions,
  fill: (settings: ConnectionSettings) => Promise<T>,
): Promise<Filled<T>> {
  const { to, name, tail, keepsName, source, properties, withOwner } = options;
  const { applicationName, onMade, onNote } = options;
  const unfinished = keepsName ? name : unfinishedName(name, { tail });
  await createDatabase(maintenance, unfinished, { source, icuRules: properties.icuRules });
  try {
    await closeToPublic(maintenance, unfinished);
    if (keepsName) await commentUnfinished(maintenance, name);
    const settings = () => withoutObstacles(maintenance, withDatabase(to, unfinished));
    await onMade(await settings());
    // Whoever owns a table must be allowed to make tables in its schema. A superuser may give one
    // away all the same; for others the owner of the database has to be the right one from here on.
    if (withOwner && (await needsOwner(maintenance, properties.owner)))
      await giveProperties(maintenance, properties, { database: unfinished, kinds: ['owner'] });
    const give = async (kind: PropertyKind) => {
      const wanted = { properties, kinds: [kind], applicationName };
      for (const note of await giveTexts(await settings(), wanted))
        onNote(note.replace(unfinished, name));
    };
    await give('setting');
    const result = await fill(await settings());
    if (keepsName) await uncommentUnfinished(maintenance, name);
    await give('description');
    return { unfinished, result };
  } catch (error) {
    throw await removeUnfinished(maintenance, { name: unfinished, failure: error });
  }
}

/** Only to a role whose rights this session has: it goes on making and renaming the database. */
async function needsOwner(maintenance: Session, owner: string | undefined): Promise<boolean> {
  if (owner === undefined || (await isSuperuser(maintenance))) return false;
  return hasRightsOf(maintenance, owner);
}

export interface FinishOptions {
  database: string;
  properties: DatabaseProperties;
  withOwner: boolean;
}

/**
 * Gives a database that has its name now what comes last, in the transaction that named it: nobody
 * gets in before the grants are those of the source. @returns notes of what was refused.
 */
export async function finishDatabase(
  maintenance: Session,
  { database, properties, withOwner }: FinishOptions,
): Promise<string[]> {
  await openToPublic(maintenance, database);
  const kinds: PropertyKind[] = withOwner ? ['owner'] : [];
  return giveProperties(maintenance, properties, {
    database,
    kinds: [...kinds, 'grant', 'limit'],
    inTransaction: true,
  });
}

/** A database that could not be given its name, and what it is called now. */
export type Unnamed = (
  | { restored: string; putInPlace: string }
  /** It lacks what comes last: its owner, grants and limits. */
  | { unfinished: string }
) & {
  /** A clause about what was refused, where something was. */
  lacking?: string | undefined;
};

/** The failure to name a database that is restored and compared: it is not dropped. */
export function unnamed(error: unknown, made: Unnamed): unknown {
  const { code, message, hint, retryable } = isHoldfastError(error)
    ? error
    : {
        ...{ code: 'RESTORE_FAILED' as const, message: String(error) },
        ...{ hint: undefined, retryable: false },
      };
  const done =
    made.lacking === undefined
      ? 'is restored and compared'
      : `is restored, but not whole (${made.lacking})`;
  const [state, way] =
    'restored' in made
      ? [
          `database ${made.restored} ${done}, and keeps that name`,
          `Once the reason is gone, run in another database of the server: ${made.putInPlace} Or drop it and restore again.`,
        ]
      : [
          `database ${made.unfinished} ${done}, but has no owner, grants and limits of the source, and keeps that name`,
          `Drop it, and restore again: DROP DATABASE ${quoteIdentifier(made.unfinished)};`,
        ];
  return new HoldfastError({
    code,
    message: `${message}; ${state}`,
    hint: [way, ...(hint === undefined ? [] : [hint])].join(' '),
    retryable,
    cause: error,
  });
}
