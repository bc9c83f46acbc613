import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from '../engine/postgres/session.ts';
import { ThrowAwayServer } from '../engine/postgres/throw-away-server.ts';
import { anyPostgresql } from '../setup/postgresql.ts';
import { addOlderSets, DATABASES } from './large-scenes.ts';
import { type Measurement, measure } from './measure.ts';

const COUNTS: Record<string, number> = {
  sets: 5_000,
  tables: 20_000,
  objects: 100_000,
  value: 500,
};
const DROP = ['-X', '-q', '-c', 'DROP DATABASE IF EXISTS ward_copy WITH (FORCE)'];

/**
 * `node bench/large.ts sets|tables|objects|value [count]`: what each command costs, once, with that
 * many sets in the repository, tables or large objects in the database, or megabytes in one value.
 */
async function main(): Promise<void> {
  const [kind = 'sets', wanted] = process.argv.slice(2);
  const count = Number(wanted ?? COUNTS[kind]);
  const fill = DATABASES[kind];
  if (fill === undefined) throw new Error(`there is no scene ${kind}`);
  const root = join(import.meta.dirname, '..');
  execFileSync(process.execPath, [join(root, 'setup/bundle.ts')], { stdio: 'inherit' });
  const tools = await anyPostgresql(say);
  const server = await ThrowAwayServer.start({
    tools,
    signal: new AbortController().signal,
    settings: ['max_locks_per_transaction=2048', 'shared_buffers=256MB'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'hf-large-'));
  await chmod(folder, 0o711);
  try {
    say(`making ${count} ${kind} …`);
    const settings = await makeWard(server, (session) => fill(session, count));
    const url = (name: string) => `postgresql://${settings.user}@/${name}?host=${settings.host}`;
    const keyFile = join(folder, 'key');
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      DATABASE_URL: url('ward'),
      BACKUP_DIR: join(folder, 'backups'),
      HOLDFAST_KEY_FILE: keyFile,
    };
    const holdfast = `${process.execPath} ${join(root, 'dist/launcher.js')}`;
    const run = async (command: string) => {
      const shell = `${holdfast} ${command} --quiet`;
      const spoken = `holdfast ${command.replace(url('ward_copy'), '.../ward_copy')}`;
      report(spoken, await measure(shell, { env, cwd: folder }));
    };
    const copy = [url('ward_copy'), '--create'].map((word) => `'${word}'`).join(' ');
    say('| command | wall s | CPU s | peak memory of Node, MB | with its programs, MB |');
    say('|---|---|---|---|---|');
    await run('backup');
    if (kind === 'sets') {
      await addOlderSets({ folder: env.BACKUP_DIR, keyFile, count: count - 1 });
      await run('backup');
    }
    for (const command of ['list', 'show latest', 'check', 'verify latest', 'drill'])
      await run(command);
    await run(`restore latest --to ${copy}`);
    execFileSync(join(tools.directory, 'psql'), [...DROP, url('postgres')]);
    await run(`export latest --out ${join(folder, 'export.sql')}`);
    await run('prune');
    await run('prune --apply');
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeWard(server: ThrowAwayServer, fill: (session: Session) => Promise<void>) {
  const maintenance = await Session.open(server.connection(), { applicationName: 'bench' });
  await maintenance.query('CREATE DATABASE ward');
  await maintenance.end();
  const settings = server.connection('ward');
  const session = await Session.open(settings, { applicationName: 'bench' });
  await fill(session);
  await session.query('VACUUM ANALYZE');
  await session.end();
  return settings;
}

function report(command: string, measured: Measurement): void {
  const { wallSeconds, cpuSeconds, nodePeakBytes, clientPeakBytes } = measured;
  const cells = [
    `\`${command}\``,
    wallSeconds.toFixed(1),
    cpuSeconds.toFixed(1),
    (nodePeakBytes / 1e6).toFixed(0),
    (clientPeakBytes / 1e6).toFixed(0),
  ];
  say(`| ${cells.join(' | ')} |`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
