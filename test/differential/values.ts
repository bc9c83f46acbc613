import type { Random } from './random.ts';
import { literal, type TypeOfWorld } from './world.ts';

/** Texts that COPY, psql or a JSON line could trip over. */
const TEXTS = [
  '',
  ' ',
  '\\N',
  '\\.',
  '\\n',
  'NULL',
  'null',
  '"',
  "'",
  ',',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\ufeffBOM',
  '\u0001\u0002\u007f',
  '\\x00',
  '{}',
  '{NULL}',
  '(1,2)',
  '🦊 e\u0301 \u202e',
  '\u2028',
  '$$;DROP',
  '\\! false',
  '\\unrestrict',
  'x'.repeat(9000),
  'compress me '.repeat(2000),
];

function of(
  type: string,
  values: readonly string[],
  { isSortable = true }: { isSortable?: boolean } = {},
): TypeOfWorld {
  return { of: type, isSortable, literal: (random) => `${random.pick(values)}::${type}` };
}

const quoted = (...values: string[]) => values.map((value) => literal(value));

/** The types of PostgreSQL with the values that dumps have got wrong. */
export const BUILT_IN: readonly TypeOfWorld[] = [
  of('int', ['0', "'-2147483648'", '2147483647', '7']),
  of('bigint', ["'-9223372036854775808'", '9223372036854775807', '1']),
  of('smallint', ["'-32768'", '32767']),
  of('text', quoted(...TEXTS)),
  of('text COLLATE "C"', quoted('a', 'B', 'é')),
  of('varchar(20)', quoted('', ' trails ', 'é')),
  of('char(5)', quoted('', 'a', 'é')),
  of('name', quoted('a b', 'x'.repeat(63))),
  of('"char"', quoted('a', '', '\\')),
  of('bool', ['true', 'false']),
  of(
    'numeric',
    quoted('NaN', 'Infinity', '-Infinity', `${'9'.repeat(300)}.${'1'.repeat(200)}`, '0.0000'),
  ),
  of('numeric(10,3)', quoted('1.500', '-9999999.999', 'NaN')),
  of(
    'float8',
    quoted('NaN', 'Infinity', '-Infinity', '5e-324', '1.7976931348623157e308', '-0', '0.1'),
  ),
  of('real', quoted('NaN', '1e-45', '3.4028235e38', '-0')),
  of('money', quoted('-92233720368547758.08', '0', '1234.56'), { isSortable: false }),
  of('bytea', ["'\\x'", "'\\x00ff5c2e0a'", "decode(repeat('00ff0d0a5c', 40000), 'hex')"]),
  of(
    'date',
    quoted('infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '10000-02-29', '2024-02-29'),
  ),
  of(
    'timestamp',
    quoted('infinity', '4713-01-01 00:00 BC', '294276-12-31 23:59:59.999999', '10000-01-01'),
  ),
  of(
    'timestamptz',
    quoted(
      '-infinity',
      '0044-03-15 10:00+00 BC',
      '12345-06-07 08:09:10.111213+14',
      '2024-03-31 01:30+00',
    ),
  ),
  of('time', quoted('00:00', '24:00:00', '23:59:59.999999')),
  of('timetz', quoted('00:00+15:59', '24:00:00-15:59')),
  of('interval', quoted('-178000000 years', '2562047788:00:54.775807', '1 mon -1 day', '0')),
  of(
    'uuid',
    quoted('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  ),
  of('jsonb', quoted('null', '"\\u00e9\\\\."', '{"a": [1, {"b": null}], "": ""}', '[]', '1e400'), {
    isSortable: false,
  }),
  of('json', quoted('{"a":1, "a":2 }', 'null', ' [ ] '), { isSortable: false }),
  of('xml', quoted('<a>&#xe9;</a>', 'text', '<a/><b/>'), { isSortable: false }),
  of('bit(3)', ["B'101'"]),
  of('varbit', ["B''", "B'0101'"]),
  of('inet', quoted('::1/128', '10.0.0.0/8'), { isSortable: false }),
  of('cidr', quoted('::/0', '10.0.0.0/8'), { isSortable: false }),
  of('macaddr', quoted('08:00:2b:01:02:03')),
  of('point', quoted('(NaN,Infinity)', '(0,-0)', '(1e-300,1e300)'), { isSortable: false }),
  of('box', quoted('(1,1),(0,0)'), { isSortable: false }),
  of('polygon', quoted('((0,0),(0,1),(1,1))'), { isSortable: false }),
  of('int4range', quoted('empty', '(,)', '[1,5)')),
  of('tstzrange', quoted('[,)', 'empty', '[2020-01-01,infinity)')),
  of('datemultirange', quoted('{}', '{[2020-01-01,2020-02-01),[2021-01-01,)}')),
  of('tsvector', quoted("'a':1A 'b c':2", ''), { isSortable: false }),
  of('tsquery', quoted("'a' & !'b c'"), { isSortable: false }),
  of('int[]', [
    "'{}'",
    "'{NULL,1}'",
    "'[5:6]={1,2}'",
    "'{{1,2},{3,4}}'",
    '(SELECT array_agg(g) FROM generate_series(1, 1000) g)',
  ]),
  of('text[]', [...quoted('{"",NULL,"NULL","a,b","\\"","\\\\"}'), "'{}'"]),
  of('jsonb[]', ['ARRAY[\'null\'::jsonb, NULL, \'{"a":"\\\\."}\']'], { isSortable: false }),
  of('oid', ["'4294967295'"]),
  of('regclass', quoted('pg_catalog.pg_class')),
  of('regtype', quoted('int')),
  of('pg_lsn', quoted('FFFFFFFF/FFFFFFFF')),
];

/** A value of the type, or no value. */
export function valueOrNull(type: TypeOfWorld | undefined, random: Random): string {
  return type === undefined || random.chance(0.15) ? 'NULL' : type.literal(random);
}
