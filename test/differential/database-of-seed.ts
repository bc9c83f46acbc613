import type pg from 'pg';
import { quoteIdentifier } from '../../engine/domain/table-name.ts';
import { Random } from './random.ts';

/** Seeds below this make what they always made, so that a case stays the case that it was. */
const FIRST_WIDE_SEED = 100_000;

/** The database that a seed makes: its name, and what CREATE DATABASE says of text in it. */
export interface DatabaseOfSeed {
  name: string;
  encoding: Encoding;
  /** ENCODING, locale and provider, as SQL. */
  options: string;
  /** Whether the seed makes what came to the generator later, too. */
  isWide: boolean;
}

export type Encoding = 'UTF8' | 'LATIN1' | 'EUC_JP' | 'SQL_ASCII';

const NAMES = ['clinic', 'Clinic A', "it's", 'a"b', 'naïve', 'a=b c', 'x-1'];
/** What a connection string, a shell, psql or a path could take for something else. */
const HOSTILE_NAMES = [
  'postgresql://x',
  'host=192.0.2.1',
  "dbname='x' user=y",
  '--version',
  '-x',
  'a/../b',
  '%41%2F',
  '$HOME `id`',
  'back\\slash',
  'a,b;c',
  '*?[a]',
  'tab\there',
  'Template1',
];
const LINE_ENDS = ['two\nlines', 'two\r\nlines'];

const C = "LC_COLLATE 'C' LC_CTYPE 'C'";

export function databaseOf(seed: number, major: number): DatabaseOfSeed {
  const random = new Random(seed ^ 0x5eed);
  if (seed >= FIRST_WIDE_SEED) return wideDatabaseOf(random, major);
  const name = random.pick(NAMES);
  const locale = random.pick([
    C,
    "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
    ...(major >= 15 ? [`${C} LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'`] : []),
    ...(major >= 17 ? [`LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' ${C}`] : []),
  ]);
  return { name, encoding: 'UTF8', options: `ENCODING UTF8 ${locale}`, isWide: false };
}

function wideDatabaseOf(random: Random, major: number): DatabaseOfSeed {
  const encoding = random.chance(0.35)
    ? random.pick(['LATIN1', 'EUC_JP', 'SQL_ASCII'] as const)
    : 'UTF8';
  // PostgreSQL 19 takes no line end there.
  const all = [...NAMES, ...HOSTILE_NAMES, ...(major < 19 ? LINE_ENDS : [])];
  // All databases share one catalog of names: only ASCII is the same in every encoding.
  const names = encoding === 'UTF8' ? all : all.filter(isAscii);
  const locale = random.pick(localesFor(encoding, major));
  return {
    name: random.pick(names),
    encoding,
    options: `ENCODING ${encoding} ${locale}`,
    isWide: true,
  };
}

function localesFor(encoding: Encoding, major: number): string[] {
  const icu = (what: string) => `${C} LOCALE_PROVIDER icu ${what}`;
  const hasIcu = major >= 15 && encoding !== 'SQL_ASCII';
  return [
    C,
    ...(hasIcu ? [icu("ICU_LOCALE 'de-AT'"), icu("ICU_LOCALE 'und-u-kn-true'")] : []),
    ...(hasIcu && major >= 16 ? [icu("ICU_LOCALE 'en' ICU_RULES '&V << w <<< W'")] : []),
    ...(major >= 17 ? [`${C} LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C'`] : []),
    ...(encoding === 'UTF8' ? localesOfUnicode(major) : []),
  ];
}

function localesOfUnicode(major: number): string[] {
  const builtin = (locale: string) => `${C} LOCALE_PROVIDER builtin BUILTIN_LOCALE '${locale}'`;
  return [
    "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
    "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
    ...(major >= 17 ? [builtin('C.UTF-8')] : []),
    ...(major >= 18 ? [builtin('PG_UNICODE_FAST')] : []),
  ];
}

export function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

export async function createDatabase(
  admin: pg.Client,
  { name, options }: DatabaseOfSeed,
): Promise<void> {
  await admin.query(`CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0 ${options}`);
}
