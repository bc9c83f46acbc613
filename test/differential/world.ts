import type pg from 'pg';
import { quoteIdentifier } from '../../engine/domain/table-name.ts';
import { Names } from './names.ts';
import { Random } from './random.ts';

export interface Column {
  name: string;
  /** As SQL names the type. */
  type: string;
  /** Rows have no value of their own for a generated column. */
  isGenerated: boolean;
}

/** A table as the generator made it: `of` is its name in SQL. */
export interface Table {
  of: string;
  schema: string;
  columns: Column[];
  isPartitioned: boolean;
  /** Names of columns that are the primary key, if it has one. */
  key: string[];
}

export interface TypeOfWorld {
  /** As SQL names it. */
  of: string;
  /** A literal of it, as SQL. */
  literal: (random: Random) => string;
  /** Whether btree sorts it. */
  isSortable: boolean;
}

export interface WorldOptions {
  seed: number;
  database: string;
  major: number;
  superuser: string;
}

export interface Refusal {
  sql: string;
  message: string;
}

/**
 * The database that a seed makes, with what it has so far: later statements build on earlier ones.
 * A statement that the server refuses makes nothing, and the seed goes on without it.
 */
export class World {
  readonly random: Random;
  readonly names: Names;
  readonly database: string;
  readonly major: number;
  readonly superuser: string;
  readonly schemas: string[] = ['public'];
  readonly roles: string[] = [];
  readonly extensions: string[] = [];
  readonly types: TypeOfWorld[] = [];
  readonly tables: Table[] = [];
  readonly views: string[] = [];
  readonly sequences: string[] = [];
  /** Functions of one int that give an int, immutable, by their name in SQL. */
  readonly intFunctions: string[] = [];
  readonly triggerFunctions: string[] = [];
  readonly refused: Refusal[] = [];
  statements = 0;
  /** Whether a restore may put rows of a partitioned table into other partitions. */
  rowsMayMove = false;
  readonly #client: pg.Client;

  constructor(client: pg.Client, { seed, database, major, superuser }: WorldOptions) {
    this.#client = client;
    this.random = new Random(seed);
    this.names = new Names(this.random);
    this.database = database;
    this.major = major;
    this.superuser = superuser;
  }

  /** Whether the server took it. */
  async run(sql: string): Promise<boolean> {
    this.statements += 1;
    try {
      await this.#client.query(sql);
      return true;
    } catch (error) {
      this.refused.push({ sql, message: (error as Error).message });
      return false;
    }
  }

  async rows(sql: string): Promise<Record<string, unknown>[]> {
    return (await this.#client.query<Record<string, unknown>>(sql)).rows;
  }

  /** A name in one of the schemas, quoted, and that schema. */
  place(stem: string): { schema: string; name: string; of: string } {
    const schema = this.random.pick(this.schemas);
    const name = this.names.object(stem);
    return { schema, name, of: `${quote(schema)}.${quote(name)}` };
  }

  role(): string {
    return quote(this.random.pick(this.roles.length > 0 ? this.roles : [this.superuser]));
  }

  table(isUsable: (table: Table) => boolean = () => true): Table | undefined {
    const usable = this.tables.filter(isUsable);
    return usable.length === 0 ? undefined : this.random.pick(usable);
  }

  /** A comment that a dump could trip over. */
  comment(): string {
    return literal(
      this.random.pick([
        'plain',
        "it's",
        'two\nlines',
        'two\r\nlines',
        '-- not SQL\n\\! false\n\\unrestrict x',
        'back\\slash $$ $a$',
        'Ünïcödé 🦊',
        '\u0001\u0008\u001b[31m',
        `long ${'x'.repeat(3000)}`,
      ]),
    );
  }
}

export const quote = quoteIdentifier;

/** A text as SQL, whatever is in it. */
export function literal(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `E'${escaped}'`;
}
