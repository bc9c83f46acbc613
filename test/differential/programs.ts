import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Cluster, SUPERUSER } from './clusters.ts';

/** A database may be read-only by its own setting, and pg_restore alone would stop at it. */
const WRITABLE = '-c default_transaction_read_only=off';

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** One of PostgreSQL's programs of the cluster's major, with the text as its input. */
export async function run(
  cluster: Cluster,
  program: string,
  { args, input = '' }: { args: readonly string[]; input?: string },
): Promise<Ended> {
  const child = spawn(join(cluster.tools.directory, program), args, {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', PGOPTIONS: WRITABLE },
  });
  child.stdin.on('error', () => undefined).end(input, 'latin1');
  child.stdout.setEncoding('latin1');
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, stdout, stderr };
}

async function expectOutput(
  cluster: Cluster,
  program: string,
  args: readonly string[],
): Promise<string> {
  const { status, stdout, stderr } = await run(cluster, program, { args });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout;
}

/** Roles as `pg_dumpall` has them, without passwords. */
export function dumpRoles(cluster: Cluster): Promise<string> {
  const args = [
    '--globals-only',
    '--no-role-passwords',
    `--dbname=${cluster.conninfo('postgres')}`,
  ];
  return expectOutput(cluster, 'pg_dumpall', args);
}

/**
 * The whole database as SQL, with its properties; without them where pg_dump refuses a name with a
 * line end (`appendPsqlMetaConnect` in src/fe_utils/string_utils.c), though it may be backed up.
 */
export function dumpDatabase(cluster: Cluster, database: string): Promise<string> {
  const create = /[\r\n]/.test(database) ? [] : ['--create'];
  const args = [...create, `--dbname=${cluster.conninfo(database)}`];
  return expectOutput(cluster, 'pg_dump', args);
}

export interface PlainCopy {
  from: Cluster;
  to: Cluster;
  database: string;
  /** A file for the archive. */
  archive: string;
}

/** What PostgreSQL's own tools make of a database in another cluster. @returns what pg_restore said. */
export async function copyPlainly({ from, to, database, archive }: PlainCopy): Promise<string> {
  const roles = ['--no-psqlrc', '--quiet', `--dbname=${to.conninfo('postgres')}`];
  await run(to, 'psql', { args: roles, input: await dumpRoles(from) });
  const dump = ['--format=custom', '--compress=0', `--file=${archive}`];
  await expectOutput(from, 'pg_dump', [...dump, `--dbname=${from.conninfo(database)}`]);
  const restore = ['--create', `--dbname=host=${to.host} user=${SUPERUSER} dbname=postgres`];
  const { stderr } = await run(to, 'pg_restore', { args: [...restore, archive] });
  return stderr;
}
