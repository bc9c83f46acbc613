import type { LogicalManifest, ManifestTable } from '../../engine/domain/manifest.ts';
import { Random } from './random.ts';

type Kind = 'stock' | 'log' | 'queue' | 'partitioned' | 'settings';

interface SimulatedTable {
  name: string;
  oid: number;
  kind: Kind;
  /** Rows on the first day; of a queue, how many it has at most. */
  size: number;
  bytesPerRow: number;
  /** First day on which it exists. */
  since: number;
}

/** What the rows of a set are before and after something happened to them. */
export interface SimulatedTableRows {
  table: SimulatedTable;
  rows: number;
}

export interface SimulatedSet {
  day: number;
  tables: SimulatedTableRows[];
  /** Bytes before compression, and stored. */
  plaintextBytes: number;
  storedBytes: number;
  dumpSeconds: number;
}

const GROWTH_A_DAY = 1.03 ** (1 / 30);
const NOISE = 0.05;
const WEEKLY = 0.05;
const EMPTY_NIGHTS = 0.5;
const RATIO = 0.22;
const BYTES_A_SECOND = 20e6;
const PARTITION_DAYS = 30;

/**
 * A database of 20 tables, night by night: tables with a weekly cycle, logs that only grow, queues
 * that are empty every other night, a table with daily partitions of which the oldest is dropped, and
 * settings that never change. Everything grows by 3 % a month, with 5 % noise; releases add tables.
 */
export class SimulatedDatabase {
  readonly #random: Random;
  readonly #tables: SimulatedTable[];

  constructor(seed: number) {
    this.#random = new Random(seed);
    const kinds: Kind[] = [
      ...Array<Kind>(12).fill('stock'),
      ...Array<Kind>(3).fill('log'),
      ...Array<Kind>(3).fill('queue'),
      'partitioned',
      'settings',
    ];
    this.#tables = [
      ...kinds.map((kind, index) => this.#makeTable({ kind, index, since: 0 })),
      ...[150, 150, 150, 250].map((since, index) =>
        this.#makeTable({ kind: 'stock', index: kinds.length + index, since }),
      ),
    ];
  }

  #makeTable({ kind, index, since }: { kind: Kind; index: number; since: number }): SimulatedTable {
    const sizes: Record<Kind, number> = {
      stock: 10 ** this.#random.between(3.4, 6.5),
      log: 10 ** this.#random.between(5, 6.7),
      queue: this.#random.between(50, 900),
      partitioned: 20_000,
      settings: 300,
    };
    return {
      name: `${kind}_${index}`,
      oid: 20_000 + index,
      kind,
      size: Math.round(sizes[kind]),
      bytesPerRow: Math.round(this.#random.between(40, 400)),
      since,
    };
  }

  /** The set of one night; nights are to be asked for in their order. */
  night(day: number): SimulatedSet {
    const tables = this.#tables
      .filter(({ since }) => since <= day)
      .map((table) => ({ table, rows: Math.round(this.#rowsOf(table, day)) }));
    const bytes = tables.reduce((sum, { table, rows }) => sum + rows * table.bytesPerRow, 0);
    const plaintextBytes = Math.round(bytes * this.#random.noise(0.01));
    return {
      day,
      tables,
      plaintextBytes,
      storedBytes: Math.round(plaintextBytes * RATIO * this.#random.noise(0.03)),
      dumpSeconds: (plaintextBytes / BYTES_A_SECOND) * this.#random.noise(0.3),
    };
  }

  #rowsOf({ kind, size, since }: SimulatedTable, day: number): number {
    const age = day - since;
    const grown = size * GROWTH_A_DAY ** day;
    const week = Math.sin((2 * Math.PI * day) / 7);
    switch (kind) {
      case 'stock': {
        const filled = since === 0 ? 1 : 1 - Math.exp(-age / 20);
        return grown * filled * (1 + WEEKLY * week) * this.#random.noise(NOISE);
      }
      case 'log':
        return grown + (size / 1000) * week;
      case 'queue':
        return this.#random.next() < EMPTY_NIGHTS
          ? 0
          : -Math.log(1 - this.#random.next()) * size * 0.3;
      case 'partitioned':
        return PARTITION_DAYS * grown * this.#random.noise(NOISE);
      case 'settings':
        return size;
    }
  }
}

/** Rows of a partitioned table in one partition a day, each with an oid of its own. */
function partitionsOf({ table, rows }: SimulatedTableRows, day: number): ManifestTable[] {
  const each = Math.floor(rows / PARTITION_DAYS);
  return Array.from({ length: PARTITION_DAYS }, (_, index) => ({
    schema: 'public',
    name: `${table.name}_${day - index}`,
    oid: 100_000 + day - index,
    kind: 'table' as const,
    partitionOf: table.oid,
    rows: each,
  }));
}

/** As a manifest says it, as far as sets are compared. */
export function manifestOf(set: SimulatedSet): LogicalManifest {
  const tables = set.tables.flatMap((one): ManifestTable[] => {
    const { name, oid, kind } = one.table;
    const own = { schema: 'public', name, oid };
    return kind === 'partitioned'
      ? [{ ...own, kind, rows: null }, ...partitionsOf(one, set.day)]
      : [{ ...own, kind: 'table', rows: one.rows }];
  });
  const object = { key: 'data.dump.zst.esdk', role: 'data', volume: 1, of: 1, codec: 'zstd' };
  return {
    id: new Date(Date.UTC(2027, 0, 1 + set.day)).toISOString().slice(0, 10),
    source: { systemIdentifier: '1', databaseOid: 1 },
    schemaHash: tables.map(({ name }) => name).join(),
    selection: { contents: 'all', tables: null, excludedTables: [] },
    objects: [{ ...object, plaintextBytes: set.plaintextBytes, storedBytes: set.storedBytes }],
    tables,
    seconds: { dump: set.dumpSeconds },
  } as unknown as LogicalManifest;
}
