import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENCODINGS, type Encoding } from './happenings.ts';
import {
  findLeaks,
  isFound,
  isUnusual,
  KINDS,
  leastEncrypted,
  purge,
  SEED,
  seedAnomalies,
} from './report.ts';
import { liveThrough, type Night } from './simulated-year.ts';

/** `node bench/anomalies/main.ts` lives through a simulated year and writes what was found into docs/ANOMALIES.md. */
const DOCUMENT = join(import.meta.dirname, '../../docs/ANOMALIES.md');
const BEGIN = '<!-- a year: begin (node bench/anomalies/main.ts writes these tables) -->';
const END = '<!-- a year: end -->';

/** The document with fresh tables. @throws Error when it has not the two marks. */
export function withYear(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/ANOMALIES.md needs the lines ${BEGIN} and ${END}`);
  const quiet = liveThrough({ seed: SEED });
  const tables = [renderYear(quiet), renderSeeded(quiet), renderEncrypted(quiet)].join('\n\n');
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables}\n\n${document.slice(end)}`;
}

function renderYear(quiet: readonly Night[]): string {
  const { found, later } = purge();
  const days = findLeaks(quiet)
    .map((leak) => leak.days ?? Number.POSITIVE_INFINITY)
    .sort((one, other) => one - other);
  return table(
    ['what', 'result'],
    [
      ['nights of a year in which nothing happens', quiet.length],
      ['nights of those with a finding', quiet.filter(isUnusual).length],
      ['60 % of the rows of a log deleted on purpose: findings', found.length],
      ['findings in the rest of the year, after `accept`', later.length],
      [
        `2 % of a table lost each day: found after (${days.length} tables)`,
        `${days[0]} to ${days.at(-1)} days, median ${days[days.length >> 1]}`,
      ],
    ],
  );
}

function renderSeeded(quiet: readonly Night[]): string {
  const seeded = seedAnomalies(quiet);
  const rows = KINDS.map((kind) => {
    const own = seeded.filter((one) => one.kind === kind);
    return [DESCRIBED[kind], own.length, own.filter(isFound).length, FOUND_AS[kind]];
  });
  return table(['what happens on one night', 'times', 'found', 'as'], rows);
}

const DESCRIBED = {
  emptied: 'a table is emptied',
  halved: 'half of the rows of a table are gone',
  smaller: 'the dump has 40 % fewer bytes, with all rows',
  doubled: 'the rows of a table double',
  encrypted: 'the values of tables with 60 % of all bytes are encrypted',
};
const FOUND_AS = {
  ...{ emptied: 'SUSPECT', halved: 'SUSPECT', smaller: 'SUSPECT' },
  ...{ doubled: 'warning', encrypted: 'SUSPECT' },
};

function renderEncrypted(quiet: readonly Night[]): string {
  const rows = (Object.keys(ENCODINGS) as Encoding[]).map((encoding) => {
    const { warning, critical } = leastEncrypted(quiet, encoding);
    return [encoding, percent(ENCODINGS[encoding].ratio), percent(warning), percent(critical)];
  });
  return table(
    ['encrypted values lie in the dump as', 'compress to', 'warning from', 'SUSPECT from'],
    rows,
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

if (process.argv[1] === import.meta.filename)
  await writeFile(DOCUMENT, withYear(await readFile(DOCUMENT, 'utf8')));
