/**
 * A position in the write-ahead log, in bytes since the beginning of the log
 * (PostgreSQL, "pg_lsn Type"). PostgreSQL prints it as two hexadecimal numbers of 32 bits each.
 */
export type Lsn = bigint;

const LSN = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i;
const LOW_BITS = 32n;
const LOW_MASK = 0xffff_ffffn;

/** `16/B374D848` as a number of bytes; undefined for any other text. */
export function parseLsn(text: string): Lsn | undefined {
  const [, high, low] = LSN.exec(text) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return (BigInt(`0x${high}`) << LOW_BITS) | BigInt(`0x${low}`);
}

/** As PostgreSQL prints it. */
export function formatLsn(lsn: Lsn): string {
  const [high, low] = [lsn >> LOW_BITS, lsn & LOW_MASK];
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`;
}
