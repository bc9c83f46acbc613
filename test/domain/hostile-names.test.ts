import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { quoteArgumentForCmd, quoteForShell } from '../../engine/domain/command-quoting.ts';
import { decodeName, encodeName } from '../../engine/domain/key.ts';
import { planSchedule } from '../../engine/operations/schedule.ts';
import { libpqConnectionString } from '../../engine/postgres/libpq-environment.ts';
import { quoteLiteral } from '../../engine/postgres/restore/quote-literal.ts';
import { scheduleConfig, scheduleRequestOf } from '../fixtures/schedule-config.ts';

const FRAGMENTS = ["'", '"', '`', '\\', '$', '%', '=', ';', '&', '|', '<', '>', '(', ')', '*', '~'];
const WORDS = [
  '$(id)',
  '$HOME',
  '{a,b}',
  '%h',
  '%PATH%',
  '--',
  '-x',
  ' ',
  '#',
  '!',
  '/',
  '..',
  'ä🦊',
];

/** Names with what any shell, scheduler or parser takes for more than a letter. */
const hostileName = fc
  .array(fc.oneof(fc.constantFrom(...FRAGMENTS, ...WORDS), fc.string({ maxLength: 3 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.join('').replace(/[\p{Cc}\p{Cs}]/gu, ''))
  .filter((name) => name !== '' && name !== '__proto__');

const folder = mkdtempSync(join(tmpdir(), 'hf-names-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The schedule of one database and one plan, whose program prints each of its words with a NUL. */
function plannedFor(kind: 'cron' | 'systemd', { database, plan }: Record<string, string>) {
  const config = scheduleConfig({
    databases: { [String(database)]: { url: 'postgresql:///x' } },
    plans: { [String(plan)]: { schedule: '0 2 * * *' } },
  });
  const request = scheduleRequestOf(config, { kind });
  const logFile = join(folder, 'run.log');
  const surroundings = { ...request.surroundings, program: ['printf', '%s\\0'], logFile };
  const { rendered } = planSchedule({ ...request, surroundings });
  return { rendered, logFile };
}

/** The words of both runs of a plan, as the command line has to take them. */
function expectedWords(database: string, plan: string): string[] {
  const options = ['--config', '/etc/holdfast.yaml'];
  const backup = database.startsWith('-')
    ? ['backup', '--plan', plan, ...options, '--', database]
    : ['backup', database, '--plan', plan, ...options];
  const set = `${database}/${plan}/latest`;
  const verify = set.startsWith('-') ? [...options, '--', set] : [set, ...options];
  return [...backup, 'verify', ...verify];
}

describe('a hostile name', () => {
  it('is one word to a POSIX shell', () => {
    const names = fc.sample(hostileName, 400);
    const script = `printf '%s\\0' ${names.map(quoteForShell).join(' ')}`;
    const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(names);
  });

  it('is one word to a program that cron starts, percent signs and all', () => {
    fc.assert(
      fc.property(hostileName, hostileName, (database, plan) => {
        const { rendered, logFile } = plannedFor('cron', { database, plan });
        const [line = ''] = rendered.entries[0]?.lines ?? [];
        const command = line.replace(/^(?:\S+ ){5}/, '');
        rmSync(logFile, { force: true });
        spawnSync('/bin/sh', ['-c', commandOfCron(command)]);
        const log = readFileSync(logFile, 'utf8');
        const words = log.slice(log.indexOf('\n') + 1).split('\0');
        expect(words.slice(0, -1)).toEqual(expectedWords(database, plan));
        expect(readdirSync(folder)).toEqual(['run.log']);
      }),
      {
        numRuns: 40,
        examples: [
          ['a\\%b', '\\\\%'],
          ['-x', '--plan'],
          ["'", '--'],
        ],
      },
    );
  });

  it('never joins two lines of a systemd unit', () => {
    fc.assert(
      fc.property(hostileName, hostileName, (database, plan) => {
        const { rendered } = plannedFor('systemd', {
          database: `${database}\\`,
          plan: `${plan}\\`,
        });
        for (const { text } of rendered.files)
          for (const line of text.split('\n')) {
            const [backslashes = ''] = /\\*$/.exec(line) ?? [];
            expect(backslashes.length % 2, line).toBe(0);
          }
      }),
    );
  });

  it('is one argument to a program that a .cmd file starts', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const line = quoteArgumentForCmd(name);
        expect(line.replaceAll('%%', '')).not.toContain('%');
        expect(argumentsOf(line.replaceAll('%%', '%'))).toEqual([name]);
      }),
    );
  });

  it('is one value in a connection string, whatever it looks like', () => {
    fc.assert(
      fc.property(hostileName, (database) => {
        const text = libpqConnectionString({ allowedAuth: undefined, database });
        expect(valuesOf(text)).toMatchObject({ dbname: database, keepalives: '1' });
        expect(Object.keys(valuesOf(text))).not.toContain('host');
      }),
    );
  });

  it('is one string to SQL, with standard_conforming_strings on or off', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const [, prefix, inside = ''] = /^ ?(E?)'(.*)'$/s.exec(quoteLiteral(name)) ?? [];
        const isEscaped = prefix === 'E';
        expect(isEscaped).toBe(name.includes('\\'));
        expect(inside.replaceAll("''", '')).not.toContain("'");
        const plain = isEscaped ? inside.replaceAll('\\\\', '\\') : inside;
        expect(plain.replaceAll("''", "'")).toBe(name);
      }),
    );
  });

  it('is one segment of a path, of a key and of an ARN', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        expect(encodeName(name)).toMatch(/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+$/);
        expect(decodeName(encodeName(name))).toBe(name);
      }),
    );
  });

  it('is quoted in every command that a hint has', () => {
    const unquoted = sourceFiles().flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\\`holdfast [^`]*?\$\{([^}]*)\}/g)]
        .map(([, expression = '']) => expression)
        .filter((expression) => !SAFE.test(expression))
        .map((expression) => `${file}: ${expression}`),
    );
    expect(unquoted).toEqual([]);
  });
});

/** Ids, operations and words that were quoted where they were made. */
const SAFE =
  /^(?:quoteForShell\(.*|id|set|name|latest|repeated|operation|newest\.id|.*manifest\.id)$/;

function sourceFiles(): string[] {
  const root = join(import.meta.dirname, '../..');
  return ['cli', 'engine', 'lambdas', 'task'].flatMap((part) =>
    readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(root, part, file)),
  );
}

/** How a program of Microsoft's C runtime reads its command line. */
function argumentsOf(line: string): string[] {
  const words: string[] = [];
  let [word, isQuoted, isOpen] = ['', false, false];
  for (let at = 0; at < line.length; ) {
    const [backslashes = ''] = /^\\*/.exec(line.slice(at)) ?? [];
    at += backslashes.length;
    const next = line[at];
    if (next !== '"') word += backslashes;
    else word += '\\'.repeat(Math.floor(backslashes.length / 2));
    if (backslashes !== '') isOpen = true;
    if (next === '"' && backslashes.length % 2 === 1) word += next;
    else if (next === '"' && isQuoted && line[at + 1] === '"') {
      word += next;
      at += 1;
    } else if (next === '"') {
      isQuoted = !isQuoted;
      isOpen = true;
    } else if (next === ' ' && !isQuoted) {
      if (isOpen) words.push(word);
      [word, isOpen] = ['', false];
    } else if (next !== undefined) {
      word += next;
      isOpen = true;
    }
    at += 1;
  }
  return isOpen ? [...words, word] : words;
}

/** How cron reads a command: to an unescaped percent sign, without the backslash before an escaped one. */
function commandOfCron(text: string): string {
  const pieces = text.matchAll(/\\(.)|(%)|[^\\%]+/gs);
  let command = '';
  for (const [piece, escaped, end] of pieces) {
    if (end !== undefined) return command;
    command += escaped === '%' ? '%' : piece;
  }
  return command;
}

/** How libpq reads `word='value'` (conninfo_parse). */
function valuesOf(text: string): Record<string, string> {
  const pairs = text.matchAll(/([a-z_]+)='((?:[^'\\]|\\.)*)'(?: |$)/gs);
  return Object.fromEntries(
    [...pairs].map(([, word = '', value = '']) => [word, value.replaceAll(/\\(.)/gs, '$1')]),
  );
}
