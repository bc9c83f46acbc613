import { type CsvCell, csvText } from '../text/csv.ts';
import type { Access } from './access-table.ts';

const COLUMNS: Record<string, (access: Access) => CsvCell> = {
  first: ({ first }) => first,
  last: ({ last }) => last,
  principal: ({ principal }) => principal,
  session: ({ session }) => session,
  ours: ({ isOurs }) => (isOurs ? 'yes' : 'no'),
  action: ({ action }) => action,
  calls: ({ calls }) => calls,
  error: ({ error }) => error,
  plan: ({ set }) => set?.plan ?? null,
  database: ({ set }) => set?.database ?? null,
  backup: ({ set }) => set?.id ?? null,
  from: ({ from }) => from,
  region: ({ region }) => region,
};

/** Who read what, for a spreadsheet. */
export function accessCsv(accesses: readonly Access[]): string {
  const rows = accesses.map((access) => Object.values(COLUMNS).map((column) => column(access)));
  return csvText(Object.keys(COLUMNS), rows);
}
