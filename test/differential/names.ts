import { isAscii } from './database-of-seed.ts';
import type { Random } from './random.ts';

/** What breaks text that is split at blanks, dots, quotes or line ends, or that a shell or psql reads. */
const HOSTILE = [
  'a b',
  'b c',
  'a',
  'c',
  'a.b',
  'b.c',
  'quo"te',
  '"',
  "apo'strophe",
  'new\nline',
  'new\r\nline',
  'tab\there',
  'back\\slash',
  '\\.',
  '\\connect postgres',
  '\\! false',
  '$dollar$$tag$',
  '%s %n',
  '-- comment',
  '; DROP DATABASE postgres; --',
  ' leads',
  'trails ',
  '  ',
  'select',
  'user',
  'table',
  'null',
  'UPPER',
  'Table Data',
  'TABLE DATA a b',
  'public',
  'pg_catalog.pg_class',
  'naïve',
  'e\u0301',
  '数据库',
  '🦊',
  '\u202eright to left',
  '\u00a0',
  '1',
  'a,b',
  '(a)',
  '{a}',
  '[a]',
  '*',
  '/* open',
  'a=b',
  'a:b',
  '/a/b',
  '..',
  '~',
];
/** Names of roles and databases: PostgreSQL 19 and some tools take no line ends there. */
const ONE_LINE = HOSTILE.filter((name) => !/[\r\n]/.test(name) && name.trim() !== '');

/** Names of objects: most are plain and unique, many are hostile and happen twice. */
export class Names {
  readonly #random: Random;
  readonly #isAscii: boolean;
  #count = 0;

  /**
   * Only ASCII in other encodings than UTF8: names of roles are shared by all databases, and a server
   * that knows no characters (SQL_ASCII) cuts a long name in the middle of one.
   */
  constructor(random: Random, options: { isAscii: boolean }) {
    this.#random = random;
    this.#isAscii = options.isAscii;
  }

  /** For anything that lies in a schema, and for schemas. */
  object(stem: string): string {
    return this.#random.chance(0.35) ? this.#hostile(HOSTILE) : this.plain(stem);
  }

  /** For roles, which one cluster has once. */
  role(): string {
    const name = this.#random.chance(0.4) ? this.#hostile(ONE_LINE) : this.plain('role');
    return /^(pg_|public$|none$|user$)/i.test(name) ? `${name} x` : name;
  }

  plain(stem: string): string {
    this.#count += 1;
    return `${stem}_${this.#count}`;
  }

  #hostile(all: readonly string[]): string {
    const pool = this.#isAscii ? all.filter(isAscii) : all;
    const name = this.#random.pick(pool);
    if (this.#random.chance(0.7)) return name;
    if (this.#random.chance(0.3))
      return `${name}${(this.#isAscii ? 'e' : 'é').repeat(40)}`.slice(0, 31 + 1).padEnd(32, 'x');
    return `${name}${this.#random.pick([' ', '.', '_', '"'])}${this.#random.pick(pool)}`;
  }
}
