import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clinicRows } from '../demo/clinic-rows.ts';
import { clinicSchema } from '../demo/clinic-schema.ts';
import type { ConnectionSettings } from '../engine/postgres/connection-settings.ts';
import { Session } from '../engine/postgres/session.ts';
import { ThrowAwayServer } from '../engine/postgres/throw-away-server.ts';
import { anyPostgresql } from '../setup/postgresql.ts';
import { BenchBuckets } from './bucket.ts';
import { type Contestant, contestants } from './contestants.ts';
import { type Measurement, measure, median } from './measure.ts';

const { values } = parseArgs({
  options: {
    vitals: { type: 'string', default: '7000000' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string' },
    filler: { type: 'string', default: '0' },
  },
});

interface Run extends Measurement {
  storedBytes: number;
}

/** `npm run bench [-- --vitals N --runs N --only raw,holdfast --filler GB]`: backups side by side on one made-up clinic, medians of paired runs. */
async function main(): Promise<void> {
  const root = join(import.meta.dirname, '..');
  execFileSync(process.execPath, [join(root, 'setup/bundle.ts')], { stdio: 'inherit' });
  const tools = await anyPostgresql(say);
  const server = await ThrowAwayServer.start({
    tools,
    signal: new AbortController().signal,
    settings: ['shared_buffers=512MB'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'hf-bench-'));
  const buckets = await BenchBuckets.start(say);
  try {
    const settings = await fill(server);
    const chosen = contestants({
      tools,
      settings,
      node: process.execPath,
      holdfast: join(root, 'dist/launcher.js'),
    }).filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
    const runs = await race(chosen, { folder, settings, buckets });
    const text = await dumpTextBytes(tools.directory, settings);
    report(runs, text);
  } finally {
    await buckets.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(server: ThrowAwayServer): Promise<ConnectionSettings> {
  say(`filling a clinic of ${values.vitals} vitals …`);
  const maintenance = await Session.open(server.connection(), { applicationName: 'bench' });
  await maintenance.query('CREATE DATABASE clinic');
  await maintenance.end();
  const settings = server.connection('clinic');
  const session = await Session.open(settings, { applicationName: 'bench' });
  await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
  await session.query(clinicSchema);
  await session.query(clinicRows({ vitals: Number(values.vitals) }));
  if (Number(values.filler) > 0) await session.query(fillerSql(Number(values.filler)));
  await session.query('VACUUM ANALYZE');
  await session.query('CHECKPOINT');
  await session.end();
  return settings;
}

/** A table of one more `gigabytes` of dump text, made faster than a clinic: rows of 1 kB. */
function fillerSql(gigabytes: number): string {
  return `CREATE TABLE filler AS SELECT g AS id, repeat(md5(g::text), 16) || repeat(md5((g * 7)::text), 15) AS text FROM generate_series(1, ${gigabytes * 1_000_000}) g`;
}

/** Every contestant once a round, so that a slow minute of the machine meets all of them; one round first that does not count. */
async function race(chosen: readonly Contestant[], place: BenchPlace): Promise<Map<string, Run[]>> {
  const runs = new Map(chosen.map(({ name }): [string, Run[]] => [name, []]));
  for (let round = 0; round <= Number(values.runs); round += 1) {
    for (const contestant of chosen) {
      const { name } = contestant;
      const run = await runOnce(contestant, place);
      if (round > 0) runs.get(name)?.push(run);
      say(
        `${round === 0 ? 'warm-up' : `round ${round}`}  ${name.padEnd(24)} ${run.wallSeconds.toFixed(2)} s wall, ${run.cpuSeconds.toFixed(2)} s CPU`,
      );
    }
  }
  return runs;
}

interface BenchPlace {
  folder: string;
  settings: ConnectionSettings;
  buckets: BenchBuckets;
}

async function runOnce(
  { command, isToBucket }: Contestant,
  { folder, settings, buckets }: BenchPlace,
): Promise<Run> {
  const out = join(folder, 'out');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { mode: 0o700 });
  const pass = join(folder, 'pass');
  await writeFile(pass, 'a passphrase of many words', { mode: 0o600 });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    OUT: out,
    PASS: pass,
    DATABASE_URL: `postgresql://${settings.user}@/${settings.database}?host=${settings.host}`,
    BACKUP_DIR: join(out, 'backups'),
    HOLDFAST_KEY_FILE: join(folder, 'key'),
    ...buckets.env,
  };
  const bucket = isToBucket ? await buckets.next(folder) : undefined;
  await rm(env.HOLDFAST_KEY_FILE, { force: true });
  const measured = await measure(command, { env, cwd: folder });
  return {
    ...measured,
    storedBytes: bucket === undefined ? await bytesBelow(out) : await bucket.storedBytes(),
  };
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => stat(join(entry.parentPath, entry.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

async function dumpTextBytes(
  directory: string,
  { host, user, database }: ConnectionSettings,
): Promise<number> {
  const count = execFileSync(
    'bash',
    ['-c', `${directory}/pg_dump "host=${host} user=${user} dbname=${database}" -Fc -Z0 | wc -c`],
    {
      encoding: 'utf8',
    },
  );
  return Number(count);
}

function report(runs: Map<string, Run[]>, textBytes: number): void {
  const raw = runs.get('raw');
  say(
    `\n${(textBytes / 1e9).toFixed(3)} GB of dump text; medians of ${values.runs} paired runs (min-max)\n`,
  );
  say(
    '| what | wall s | wall against the raw limit | CPU s | CPU s a GB of text | peak memory of Node, MB | stored MB |',
  );
  say('|---|---|---|---|---|---|---|');
  for (const [name, list] of runs) {
    const of = (pick: (run: Run) => number) => list.map(pick);
    const walls = of(({ wallSeconds }) => wallSeconds);
    const ratios =
      raw === undefined
        ? []
        : list.map((run, index) => run.wallSeconds / (raw[index]?.wallSeconds ?? Number.NaN));
    const cpu = median(of(({ cpuSeconds }) => cpuSeconds));
    const cells = [
      name,
      `${median(walls).toFixed(2)} (${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)})`,
      raw === undefined ? '-' : median(ratios).toFixed(2),
      cpu.toFixed(2),
      (cpu / (textBytes / 1e9)).toFixed(2),
      (median(of(({ nodePeakBytes }) => nodePeakBytes)) / 1e6).toFixed(0),
      (median(of(({ storedBytes }) => storedBytes)) / 1e6).toFixed(0),
    ];
    say(`| ${cells.join(' | ')} |`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
