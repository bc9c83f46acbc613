import type { SimulatedSet } from './simulated-database.ts';
import type { Happening } from './simulated-year.ts';

/** Rows of one table times a factor, and the bytes that go with them. */
export function rowsTimes(tableName: string, factor: number): Happening {
  return (set) => {
    const found = set.tables.find(({ table }) => table.name === tableName);
    if (found === undefined) return set;
    const rows = Math.round(found.rows * factor);
    const bytes = (rows - found.rows) * found.table.bytesPerRow;
    return {
      ...set,
      ...withBytes(set, bytes),
      tables: set.tables.map((one) => (one === found ? { ...one, rows } : one)),
    };
  };
}

function withBytes(set: SimulatedSet, bytes: number) {
  const ratio = set.storedBytes / set.plaintextBytes;
  const plaintextBytes = Math.max(1, set.plaintextBytes + bytes);
  return { plaintextBytes, storedBytes: Math.round(plaintextBytes * ratio) };
}

/** The rows are all there, and hold less. */
export function bytesTimes(factor: number): Happening {
  return (set) => ({
    ...set,
    plaintextBytes: Math.round(set.plaintextBytes * factor),
    storedBytes: Math.round(set.storedBytes * factor),
  });
}

/**
 * How encrypted values lie in a dump: `bytea` in hexadecimal, text in base64, large objects as they
 * are. Measured with zstd level 1 on 100,000 rows encrypted with AES-256-CBC.
 */
export const ENCODINGS = {
  hexadecimal: { grows: 2.23, ratio: 0.5 },
  base64: { grows: 1.53, ratio: 0.72 },
  binary: { grows: 1.1, ratio: 1 },
} as const;
export type Encoding = keyof typeof ENCODINGS;

/** Somebody encrypted the values of tables that hold this share of all bytes. */
export function encrypted(share: number, encoding: Encoding): Happening {
  const { grows, ratio } = ENCODINGS[encoding];
  return (set) => {
    const bytes = set.plaintextBytes * share * grows;
    return {
      ...set,
      plaintextBytes: Math.round(set.plaintextBytes * (1 - share) + bytes),
      storedBytes: Math.round(set.storedBytes * (1 - share) + bytes * ratio),
    };
  };
}
