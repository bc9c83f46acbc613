import { speakBytes } from '../../domain/spoken-numbers.ts';
import { showTable } from '../../domain/table-name.ts';
import type { Session } from '../../postgres/session.ts';
import { readWidestValue, WIDE_BYTES } from '../../postgres/widest-value.ts';
import type { Examination } from '../doctor-finding.ts';

/**
 * pg_dump and pg_restore hold a row twice, and a byte of a bytea is two characters in it: measured, 200 MB of bytea take 790 MB in
 * each of them, 200 MB of text 400 MB. Holdfast itself streams.
 */
const TIMES = 4;
/** PostgreSQL takes no row of more than 1 GB as text. */
const MOST_BYTES = 2 * 1024 ** 3;

/** Memory for the widest value. What TOAST compressed is wider than it looks. */
export async function examineMemory(
  examination: Examination,
  session: Session,
  { availableBytes }: { availableBytes: number },
): Promise<void> {
  await examination.tryOut(
    'memory',
    async () => {
      const widest = await readWidestValue(session);
      if (widest === undefined)
        return { detail: `no stored value is larger than ${speakBytes(WIDE_BYTES)}` };
      const { schema, table, bytes, isExact } = widest;
      const needed = Math.min(bytes * TIMES, MOST_BYTES);
      const detail = `the largest stored value has ${isExact ? '' : 'at most '}${speakBytes(bytes)} (table ${showTable({ schema, name: table })}): a dump or a restore takes up to ${speakBytes(needed)} of memory for it, and more where it is compressed; ${speakBytes(availableBytes)} are available here`;
      if (needed <= availableBytes || !isExact) return { detail };
      return {
        detail,
        status: 'warning',
        fix: ['# run backups, drills and restores on a machine with more memory'],
      };
    },
    'warning',
  );
}
