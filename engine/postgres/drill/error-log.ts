import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RefusedStatement } from '../../domain/drill/refusals.ts';
import { HoldfastError } from '../../errors.ts';
import { decodeBytes } from '../archive/lossless-text.ts';
import { type Session, sqlStateOf } from '../session.ts';

const FOLDER = 'log';
const NAME = 'errors';
const WAIT_MS = 30_000;

/** Makes a throw-away server log every statement that it refuses, with its SQLSTATE, beside its data. */
export const ERROR_LOG_SETTINGS = [
  'logging_collector=on',
  'log_destination=csvlog',
  `log_directory=${FOLDER}`,
  `log_filename=${NAME}.log`,
  'log_rotation_age=0',
  'log_rotation_size=0',
  'log_min_messages=error',
  'log_min_error_statement=error',
];

/** Columns of PostgreSQL's CSV log; later versions only append to them. */
const COLUMN = {
  database: 2,
  severity: 11,
  sqlState: 12,
  message: 13,
  context: 18,
  statement: 19,
  backendType: 23,
} as const;

/** A session that was ended from outside ends as FATAL; so do parallel workers whose leader failed. */
function isRefusal(row: readonly string[]): boolean {
  if (row[COLUMN.severity] === 'ERROR') return true;
  const isEnded = row[COLUMN.sqlState]?.startsWith('57P') === true;
  return isEnded && row[COLUMN.backendType] === 'client backend';
}

export interface ErrorLogOptions {
  /** The data directory of the server. */
  data: string;
}

/**
 * What the server refused in the database of this session until now, and sessions that somebody ended. The log holds rows of the backup, so nothing of it may be shown as it is; it goes with the server.
 * The log is written by another process: an error of our own is the sign that everything before it is there.
 */
export async function readErrorLog(
  session: Session,
  { data }: ErrorLogOptions,
): Promise<RefusedStatement[]> {
  const sign = `holdfast_${randomBytes(12).toString('hex')}`;
  await session.query(`SELECT 1 / 0 AS ${sign}`).catch((error: unknown) => {
    if (sqlStateOf(error) !== '22012') throw error;
  });
  const text = await readUntil(join(data, FOLDER, `${NAME}.csv`), sign);
  const { database } = session.settings;
  const isOurs = (row: readonly string[]) =>
    isRefusal(row) &&
    textOf(row[COLUMN.database]) === database &&
    row[COLUMN.statement]?.includes(sign) === false;
  return parseCsv(text)
    .filter(isOurs)
    .map((row) => ({
      sqlState: textOf(row[COLUMN.sqlState]),
      message: textOf(row[COLUMN.message]),
      context: textOf(row[COLUMN.context]),
      statement: textOf(row[COLUMN.statement]),
    }));
}

function textOf(latin1 = ''): string {
  return decodeBytes(Buffer.from(latin1, 'latin1'));
}

/** Its bytes as latin1: a log may hold texts of several encodings. */
async function readUntil(file: string, sign: string): Promise<string> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const text = await readFile(file, 'latin1').catch(() => '');
    if (text.includes(sign) && text.endsWith('\n')) return text;
    if (Date.now() > deadline)
      throw new HoldfastError({
        code: 'SCRATCH_FAILED',
        message: 'the throw-away server did not write its log in time',
        hint: 'Check the free space of the temporary directory (TMPDIR), and run it again.',
        retryable: true,
      });
    await sleep(20);
  }
}

/** Rows of a CSV text: fields may be quoted, and hold commas, line feeds and doubled quotes then. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\r?\n|$)/g,
  )) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1) rows.push(row);
    row = [];
  }
  return rows;
}
