const MIB = 1024 * 1024;

/** S3 takes at most 10,000 parts an upload (Amazon S3 User Guide, "Multipart upload limits"). */
export const MAX_PARTS = 10_000;

/**
 * Bytes of part `number` (from 1) of an upload whose length nobody knows: small streams stay cheap to retry,
 * and 10,000 parts hold a whole volume: 1,000 of 8, 1,000 of 16 and 8,000 of 32 MiB are 273 GiB.
 */
export function partBytes(number: number): number {
  if (number <= 1_000) return 8 * MIB;
  if (number <= 2_000) return 16 * MIB;
  return 32 * MIB;
}

/** For stores that want all parts but the last to have one size: 10,000 of them hold a whole volume. */
export const EQUAL_PART_BYTES = 32 * MIB;
