import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { clinicRows } from '../demo/clinic-rows.ts';
import { clinicSchema } from '../demo/clinic-schema.ts';
import { Session } from '../engine/postgres/session.ts';
import { ThrowAwayServer } from '../engine/postgres/throw-away-server.ts';
import type { Toolset } from '../engine/postgres/tools.ts';
import { freePort } from '../setup/free-port.ts';
import { anyPostgresql } from '../setup/postgresql.ts';
import { measure, median } from './measure.ts';

const { values } = parseArgs({
  options: {
    vitals: { type: 'string', default: '20000' },
    runs: { type: 'string', default: '3' },
    milliseconds: { type: 'string', default: '80' },
    loss: { type: 'string', default: '1' },
  },
});

const NAMESPACE = 'hf-slow-link';
const ADDRESS = '10.231.90.1';
const FAR_END = '10.231.90.2/32';

interface Link {
  stop(): Promise<void>;
}

/**
 * `node bench/slow-link.ts [--vitals N --runs N --milliseconds 80 --loss 1]`: backups and restores beside
 * pg_dump and pg_restore over a link with that round trip and so many percent of lost packets each
 * way. Needs Linux, root and Python 3.
 */
async function main(): Promise<void> {
  const root = join(import.meta.dirname, '..');
  execFileSync(process.execPath, [join(root, 'setup/bundle.ts')], { stdio: 'inherit' });
  const tools = await anyPostgresql(say);
  const folder = await mkdtemp(join(tmpdir(), 'hf-slow-'));
  await chmod(folder, 0o755);
  const link = await startLink();
  const port = await freePort();
  const rules = join(folder, 'pg_hba.conf');
  await writeFile(rules, `local all all trust\nhost all all ${FAR_END} trust\n`);
  const settings = [`listen_addresses=${ADDRESS}`, `hba_file=${rules}`];
  const signal = new AbortController().signal;
  const server = await ThrowAwayServer.start({ tools, signal, port, settings });
  try {
    await fill(server);
    const { user } = server.connection();
    await race({ tools, folder, root, address: `host=${ADDRESS} port=${port} user=${user}` });
  } finally {
    await server.stop();
    await link.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startLink(): Promise<Link> {
  const script = join(import.meta.dirname, 'slow-link.py');
  const [delay, loss] = [Number(values.milliseconds) / 2, Number(values.loss) / 100];
  const child: ChildProcess = spawn('python3', [script, NAMESPACE, `${delay}`, `${loss}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await Promise.race([
    new Promise((resolve) => lines.once('line', resolve)),
    ended.then(() => Promise.reject(new Error('the link could not be made'))),
  ]);
  return {
    stop: async () => {
      child.stdin?.end();
      await ended;
    },
  };
}

async function fill(server: ThrowAwayServer): Promise<void> {
  const maintenance = await Session.open(server.connection(), { applicationName: 'bench' });
  await maintenance.query('CREATE DATABASE clinic');
  await maintenance.end();
  const session = await Session.open(server.connection('clinic'), { applicationName: 'bench' });
  await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
  await session.query(clinicSchema);
  await session.query(clinicRows({ vitals: Number(values.vitals) }));
  await session.end();
}

interface RaceOptions {
  tools: Toolset;
  folder: string;
  root: string;
  /** Of the server, as libpq has it. */
  address: string;
}

/** Each of them once a round; a restore takes what the backup of its round made. */
async function race({ tools, folder, root, address }: RaceOptions): Promise<void> {
  const bin = tools.directory;
  const far = `ip netns exec ${NAMESPACE}`;
  const holdfast = `${far} ${process.execPath} ${join(root, 'dist/launcher.js')}`;
  const drop = (name: string) =>
    `${far} ${bin}/psql "${address} dbname=postgres" -qc 'DROP DATABASE IF EXISTS ${name}'`;
  const commands = {
    'pg_dump -Fc': `${far} ${bin}/pg_dump "${address} dbname=clinic" -Fc -f dump`,
    'holdfast backup': `${holdfast} backup --quiet`,
    'createdb, pg_restore -j2': `${far} ${bin}/psql "${address} dbname=postgres" -qc 'CREATE DATABASE again' && ${far} ${bin}/pg_restore -d "${address} dbname=again" -j2 dump`,
    'holdfast restore --create': `${holdfast} restore latest --quiet --create --jobs 2 --to '${urlOf(address)}/copy'`,
  };
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    HOLDFAST_POSTGRES_BIN: bin,
    HOLDFAST_KEY_FILE: join(folder, 'key'),
    DATABASE_URL: `${urlOf(address)}/clinic`,
    // The same for all: libpq's default would ask for TLS first.
    PGSSLMODE: 'disable',
  };
  const cwd = join(folder, 'work');
  await mkdir(cwd);
  const seconds = new Map<string, number[]>();
  for (let round = 0; round < Number(values.runs); round += 1) {
    for (const name of ['again', 'copy']) await measure(drop(name), { env, cwd });
    for (const [name, command] of Object.entries(commands)) {
      const { wallSeconds } = await measure(command, { env, cwd });
      seconds.set(name, [...(seconds.get(name) ?? []), wallSeconds]);
      say(`${name}: ${wallSeconds} s`);
    }
  }
  const text = execFileSync(join(bin, 'pg_restore'), ['-f', '-', join(cwd, 'dump')], {
    maxBuffer: 1e9,
  });
  process.stdout.write(`${(text.length / 1e6).toFixed(1)} MB of dump text\n`);
  for (const [name, all] of seconds) {
    const [least, most] = [Math.min(...all), Math.max(...all)].map((one) => one.toFixed(1));
    process.stdout.write(`| ${name} | ${median(all).toFixed(1)} (${least}-${most}) |\n`);
  }
}

/** `host=... port=... user=...` as a URL without a database. */
function urlOf(address: string): string {
  const { host, port, user } = Object.fromEntries(
    address.split(' ').map((word) => word.split('=') as [string, string]),
  );
  return `postgresql://${user}@${host}:${port}`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

await main();
