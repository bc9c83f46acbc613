import type { Ties } from '../../postgres/restore/replaced-database.ts';

export interface TiesOfDatabase extends Pick<Ties, 'slots' | 'subscriptions'> {
  /** Undefined where they could not be read. */
  publications: readonly string[] | undefined;
}

/** What stays with a database that is replaced, for people who wait for its changes. */
export function describeTies(
  { slots, subscriptions, publications }: TiesOfDatabase,
  { name, kept }: { name: string; kept: string },
): string[] {
  return [
    ...(slots.length === 0
      ? []
      : [
          `replication slots of database ${name} stay with the replaced one, ${kept}: ${slots.join(', ')}; their consumers get nothing of the new database until each has a slot there`,
        ]),
    ...(subscriptions.length === 0
      ? []
      : [
          `subscriptions of database ${name} stay with the replaced one, ${kept}, and go on there: ${subscriptions.join(', ')}; those of the set come back disabled`,
        ]),
    ...(publications === undefined
      ? [`whether database ${name} has publications could not be read: it let no session in`]
      : []),
    ...(publications === undefined || publications.length === 0
      ? []
      : [
          `publications of database ${name} stay with the replaced one, ${kept}: ${publications.join(', ')}; the new database has those of the set, and subscribers of the old ones have to be connected again`,
        ]),
  ];
}
