import type { Ties } from '../../postgres/restore/replaced-database.ts';

/** What stays with a database that is replaced, for people who wait for its changes. */
export function describeTies(
  { slots, subscriptions }: Ties,
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
  ];
}
