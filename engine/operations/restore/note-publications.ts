import type { ManifestTable } from '../../domain/manifest.ts';
import { showTable } from '../../domain/table-name.ts';
import { publicationsOfNewTable } from '../../postgres/restore/publications-of-new-table.ts';
import type { Session } from '../../postgres/session.ts';

export interface NewTableErrand {
  action: 'created' | 'filled' | 'beside';
  request: { as?: string | undefined };
  root: ManifestTable;
}

export interface NotePublicationsOptions {
  session: Session;
  onNote: (note: string) => void;
}

/**
 * A table that a restore makes in a live database becomes part of publications that name no tables:
 * its rows go to their subscribers.
 */
export async function notePublications(
  errands: readonly NewTableErrand[],
  { session, onNote }: NotePublicationsOptions,
): Promise<void> {
  for (const { action, request, root } of errands) {
    if (action === 'filled') continue;
    const { schema } = root;
    const table = showTable({ schema, name: action === 'beside' ? (request.as ?? '') : root.name });
    for (const { name, scope } of await publicationsOfNewTable(session, { schema }))
      onNote(
        `the new table ${table} is part of publication ${name} (${scope}), so its rows are sent to the subscribers: replication to one that has no such table stops with an error until the table is made there${action === 'beside' ? `. It has no key, so UPDATE and DELETE of its rows are refused` : ''}`,
      );
  }
}
