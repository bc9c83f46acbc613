import type { Lsn } from './lsn.ts';

/** One WAL file of one timeline. */
export interface Segment {
  /** From 1. */
  timeline: number;
  /** Place in the log, from 0: a segment begins at `number * size`. */
  number: bigint;
}

const MIB = 1024 ** 2;
/** `initdb --wal-segsize`: a power of two from 1 MB to 1 GB. */
const SMALLEST = MIB;
const LARGEST = 1024 * MIB;
/** The second third of a name counts these; the last one counts segments in each. */
const BYTES_OF_LOG_FILE = 1n << 32n;
const NAME = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/;

/** Whether a server can have segments of this size, in bytes. */
export function isSegmentSize(bytes: number): boolean {
  return bytes >= SMALLEST && bytes <= LARGEST && Number.isInteger(Math.log2(bytes));
}

/** The number of the segment that holds the byte at this position. */
export function segmentNumberOf(lsn: Lsn, sizeBytes: number): bigint {
  return lsn / BigInt(sizeBytes);
}

/**
 * The number of the segment that holds the byte before this position. For the end of a range:
 * one that ends where a segment begins has no byte of that segment.
 */
export function segmentNumberBefore(lsn: Lsn, sizeBytes: number): bigint {
  return lsn === 0n ? 0n : segmentNumberOf(lsn - 1n, sizeBytes);
}

/** Position of the first byte. */
export function startOf({ number }: Pick<Segment, 'number'>, sizeBytes: number): Lsn {
  return number * BigInt(sizeBytes);
}

/** Position after the last byte. */
export function endOf({ number }: Pick<Segment, 'number'>, sizeBytes: number): Lsn {
  return (number + 1n) * BigInt(sizeBytes);
}

/** The name of its file in pg_wal (`XLogFileName` in access/xlog_internal.h). */
export function segmentName({ timeline, number }: Segment, sizeBytes: number): string {
  const each = BYTES_OF_LOG_FILE / BigInt(sizeBytes);
  return [BigInt(timeline), number / each, number % each].map(hex).join('');
}

/** Undefined for a name that no segment of this size has. */
export function parseSegmentName(name: string, sizeBytes: number): Segment | undefined {
  const [, timeline, log, rest] = NAME.exec(name) ?? [];
  if (timeline === undefined || log === undefined || rest === undefined) return undefined;
  const each = BYTES_OF_LOG_FILE / BigInt(sizeBytes);
  const within = BigInt(`0x${rest}`);
  if (within >= each || /^0+$/.test(timeline)) return undefined;
  return {
    timeline: Number.parseInt(timeline, 16),
    number: BigInt(`0x${log}`) * each + within,
  };
}

/** The name of the file that says where a timeline branched off. */
export function historyName(timeline: number): string {
  return `${hex(BigInt(timeline))}.history`;
}

function hex(value: bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
