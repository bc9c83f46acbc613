import { cutName, quoteIdentifier } from '../table-name.ts';

/** What puts back a database that a restore replaced, and what removes it for good. */
export interface UndoOverwrite {
  /** SQL, for a session on another database of the server. */
  undo: string;
  cleanUp: string;
}

/** @param kept the name that the replaced database has now. */
export function undoOverwrite({ name, kept }: { name: string; kept: string }): UndoOverwrite {
  const aside = `${cutName(name, { bytes: 50 })}_restored`;
  const [now, then, beside] = [name, kept, aside].map(quoteIdentifier);
  return {
    undo: `BEGIN; ALTER DATABASE ${now} RENAME TO ${beside}; ALTER DATABASE ${then} RENAME TO ${now}; COMMIT;`,
    cleanUp: `DROP DATABASE ${then};`,
  };
}

/** Nothing where no database was replaced. */
export function describeUndo({
  undo,
  cleanUp,
}: {
  undo: string | null;
  cleanUp: string | null;
}): string[] {
  if (undo === null || cleanUp === null) return [];
  return [
    'in psql, connected to another database of the server, when no session uses these two:',
    `  to go back to it:  ${undo}`,
    `  to remove it when the new one has proved good:  ${cleanUp}`,
  ];
}
