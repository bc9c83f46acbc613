import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LIBPQ_PARAMETERS } from '../../engine/config/environment/libpq-parameters.ts';
import { findToolsets, type Toolset } from '../../engine/postgres/tools.ts';
import { ConnectionHome } from '../fixtures/connection-home.ts';

const home = ConnectionHome.forEachTest();
const toolsets = await findToolsets({ env: process.env });
const libraries = toolsets.flatMap((tools) => {
  const file = libpqOf(tools);
  return file === undefined ? [] : [{ major: tools.major, file }];
});
if (libraries.length === 0)
  process.stderr.write('no libpq on this machine: its names are not compared with the table\n');

const newest = libraries.at(-1) ?? { major: 0, file: '' };
const variables = LIBPQ_PARAMETERS.flatMap(({ variable }) => variable ?? []);
const keywords = LIBPQ_PARAMETERS.flatMap(({ keyword }) => keyword ?? []);

/** Strings of the library that look like variables and are the names of result states. */
const NOT_VARIABLES = /^PG(RES|CONN|TRANS)_/;

describe('the table of libpq parameters', () => {
  it('names nothing twice', () => {
    expect(new Set(variables).size).toBe(variables.length);
    expect(new Set(keywords).size).toBe(keywords.length);
  });

  it.skipIf(libraries.length === 0)('has every environment variable that libpq reads', () => {
    for (const { file } of libraries) {
      const names = stringsIn(file).filter((text) => /^PG[A-Z_]{2,}$/.test(text));
      const read = names.filter((name) => !NOT_VARIABLES.test(name));
      expect(read).toEqual(expect.arrayContaining(['PGHOST', 'PGHOSTADDR', 'PGSSLMODE']));
      expect(read.filter((name) => !variables.includes(name))).toEqual([]);
    }
  });

  it.skipIf(libraries.length === 0)('has every word that psql takes in a connection string', () => {
    // A word that is the end of another string (host of localhost) does not stand in the library by itself.
    const words = [
      ...new Set(stringsIn(newest.file).filter((text) => /^[a-z_]{3,40}$/.test(text))),
    ];
    const tools = toolsets.find(({ major }) => major === newest.major);
    const taken = takenByLibpq(tools, words);
    expect(taken).toEqual(expect.arrayContaining(['hostaddr', 'sslrootcert', 'passfile']));
    expect(taken.filter((word) => !keywords.includes(word))).toEqual([]);
  });

  it('refuses by name what can neither be kept nor ignored', async () => {
    for (const { keyword, variable, treatment } of LIBPQ_PARAMETERS) {
      if (keyword === undefined || (treatment !== 'refused' && treatment !== 'limited')) continue;
      const url = `host=localhost ${keyword}=xyzzy`;
      expect(await home.refusalOf({ url }), keyword).toContain(`can not keep ${keyword}`);
      if (variable === undefined) continue;
      const refusal = await home.refusalOf({}, { PGHOST: 'localhost', [variable]: 'xyzzy' });
      expect(refusal, variable).toContain(variable);
    }
  });

  it('lets harmless values pass', async () => {
    for (const { variable, keyword, accepted = [] } of LIBPQ_PARAMETERS)
      for (const value of accepted) {
        const url = `host=localhost ${keyword}=${value}`;
        expect(await home.resolve({ url }), url).toMatchObject({ host: 'localhost' });
        if (variable === undefined) continue;
        const env = { PGHOST: 'localhost', [variable]: value };
        expect(await home.resolve({}, env), variable).toMatchObject({ host: 'localhost' });
      }
  });
});

/** libpq.so as the programs of this toolset load it. */
function libpqOf({ directory }: Toolset): string | undefined {
  try {
    const listed = execFileSync('ldd', [join(directory, 'pg_dump')], { encoding: 'utf8' });
    const file = /libpq\.so\S* => (\S+)/.exec(listed)?.[1];
    return file === undefined ? undefined : realpathSync(file);
  } catch {
    return undefined;
  }
}

function stringsIn(file: string): string[] {
  return (
    readFileSync(file)
      .toString('latin1')
      .match(/[A-Za-z_]{3,}(?=\0)/g) ?? []
  );
}

/** libpq refuses a word that it does not know before it connects. */
function takenByLibpq(tools: Toolset | undefined, words: readonly string[]): string[] {
  if (tools === undefined) return [];
  const program = join(tools.directory, 'psql');
  return words.filter((word) => {
    const text = `${word}='' host=/nonexistent`;
    const { stderr } = spawnSync(program, ['-XAtc', 'SELECT 1', text], {
      env: {},
      encoding: 'utf8',
    });
    return !/invalid connection option/.test(stderr);
  });
}
