import type pg from 'pg';
import { quoteIdentifier } from '../../engine/domain/table-name.ts';
import { type DatabaseOfSeed, type Encoding, isAscii } from './database-of-seed.ts';
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
  database: DatabaseOfSeed;
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
  readonly encoding: Encoding;
  /** Whether the steps that came later run too. */
  readonly isWide: boolean;
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
  readonly #seed: number;

  constructor(client: pg.Client, { seed, database, major, superuser }: WorldOptions) {
    this.#client = client;
    this.#seed = seed;
    this.random = new Random(seed);
    this.names = new Names(this.random, { isAscii: database.encoding !== 'UTF8' });
    this.database = database.name;
    this.encoding = database.encoding;
    this.isWide = database.isWide;
    this.major = major;
    this.superuser = superuser;
  }

  /** Numbers that depend on the seed and the step alone, so that a step more changes no other one. */
  beginStep(step: string): void {
    let mixed = this.#seed;
    for (const char of step) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193);
    this.random.restart(mixed);
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
    return literal(this.random.pick(this.#comments()));
  }

  #comments(): string[] {
    const all = [
      'plain',
      "it's",
      'two\nlines',
      'two\r\nlines',
      '-- not SQL\n\\! false\n\\unrestrict x',
      'back\\slash $$ $a$',
      'Ünïcödé 🦊',
      '\u0001\u0008\u001b[31m',
      `long ${'x'.repeat(3000)}`,
    ];
    return this.encoding === 'UTF8' ? all : all.map((text) => this.inEncoding(text));
  }

  /** The text without the characters that no database of this encoding has for sure. */
  inEncoding(text: string): string {
    return this.encoding === 'UTF8' || isAscii(text) ? text : SAMPLES[this.encoding];
  }
}

export const quote = quoteIdentifier;

/** Characters beyond ASCII that a database of the encoding has. */
const SAMPLES: Readonly<Record<Encoding, string>> = {
  UTF8: 'naïve 数据库 🦊',
  LATIN1: 'naïve ÿ §',
  EUC_JP: '日本語 カナ',
  SQL_ASCII: 'naïve 数据库 🦊',
};

/** A text as SQL, whatever is in it. */
export function literal(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `E'${escaped}'`;
}
