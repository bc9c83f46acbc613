import type { LogicalManifest, UnsealedManifest } from '../manifest.ts';
import { showTable } from '../table-name.ts';

/** What a set holds: its whole server, or of its database all, the schema, the rows, or the rows of some tables only. */
export interface SetContents {
  contents: 'server' | 'all' | 'schema' | 'data' | 'tables';
  /** The only tables whose rows it holds; null where no table was named. */
  tables: string[] | null;
  /** Tables whose rows it does not hold. */
  excludedTables: string[];
}

export function contentsOf(manifest: UnsealedManifest): SetContents {
  if (manifest.kind !== 'logical') return { contents: 'server', tables: null, excludedTables: [] };
  return contentsOfDatabase(manifest);
}

function contentsOfDatabase(manifest: Pick<LogicalManifest, 'selection' | 'tables'>): SetContents {
  const { contents, tables, excludedTables } = manifest.selection;
  const isPartial = contents !== 'schema' && (tables !== null || excludedTables.length > 0);
  return {
    contents: isPartial ? 'tables' : contents,
    tables: contents === 'schema' ? null : (tables?.map(showTable) ?? null),
    excludedTables: contents === 'schema' ? [] : excludedTables.map(showTable),
  };
}

/** `server`, `whole`, `schema`, `data`, `only users, visits` or `data without logs`. */
export function describeContents(manifest: UnsealedManifest): string {
  if (manifest.kind !== 'logical') return 'server';
  const { tables, excludedTables } = contentsOf(manifest);
  const { contents } = manifest.selection;
  const parts = [
    ...(tables === null ? [] : [`only ${shorten(tables)}`]),
    ...(excludedTables.length === 0 ? [] : [`without ${shorten(excludedTables)}`]),
  ];
  if (parts.length === 0) return contents === 'all' ? 'whole' : contents;
  return [...(contents === 'data' ? ['data'] : []), ...parts].join(' ');
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
