import { spawn } from 'node:child_process';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { ConnectionSettings } from '../engine/postgres/connection-settings.ts';
import { Session } from '../engine/postgres/session.ts';
import { ThrowAwayServer } from '../engine/postgres/throw-away-server.ts';
import { anyPostgresql } from '../setup/postgresql.ts';
import { clinicRows } from './clinic-rows.ts';
import { clinicSchema } from './clinic-schema.ts';
import { demoConfig } from './config.ts';
import { STEPS, type Step } from './steps.ts';

const HOLDFAST = resolve(import.meta.dirname, '../bin/holdfast.ts');
const MARKER = '.holdfast-demo';

/** The main job of Holdfast on a made-up clinic, with the real commands, from nothing to a table brought back. */
async function main(): Promise<void> {
  const beganAt = Date.now();
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(signal)));
  const folder = await freshFolder(resolve('holdfast-demo'));
  say(styleText('bold', 'Holdfast: a backup counts only when it has been restored.'));
  const tools = await anyPostgresql(say);
  say(`\nStarting a throw-away PostgreSQL ${tools.version} and filling a made-up clinic …`);
  const server = await ThrowAwayServer.start({ tools, signal: controller.signal });
  try {
    const clinic = await fillClinic(server);
    await writeFile(
      join(folder, 'holdfast.yaml'),
      demoConfig(`postgresql://${clinic.user}@/${clinic.database}?host=${clinic.host}`),
    );
    for (const [index, step] of STEPS.entries())
      await take(step, { number: index + 1, folder, clinic, signal: controller.signal });
  } finally {
    await server.stop();
  }
  say(`\n${styleText('bold', 'Where the files are')}`);
  say(
    `  ${relative('.', folder)}/backups/nightly/clinic/…   the backup set: encrypted objects, their manifest, and its states`,
  );
  say(
    `  ${relative('.', folder)}/backups/drills/…           the restore test report, for people and as JSON`,
  );
  say(`  ${relative('.', folder)}/backups/audit/…            who did what, one record each`);
  say(
    `  ${relative('.', folder)}/key                        the key; in earnest it lies elsewhere, with a copy in another place`,
  );
  say(
    `\nDone in ${((Date.now() - beganAt) / 1000).toFixed(0)} s; the server is gone. Next: README.md, "Your own database".`,
  );
}

interface TakeOptions {
  number: number;
  folder: string;
  clinic: ConnectionSettings;
  signal: AbortSignal;
}

async function take(step: Step, { number, folder, clinic, signal }: TakeOptions): Promise<void> {
  signal.throwIfAborted();
  say(`\n${styleText(['bold', 'cyan'], `${number}/${STEPS.length}  ${step.title}`)}`);
  if (step.sql !== undefined) await showSql(step.sql, clinic);
  say(styleText('dim', `$ holdfast ${step.args.join(' ')}`));
  await holdfast(step, { folder, signal });
  say(styleText('green', `→ ${step.proves}`));
}

async function showSql(sql: string, clinic: ConnectionSettings): Promise<void> {
  say(styleText('dim', `clinic=# ${sql};`));
  const session = await Session.open(clinic, { applicationName: 'holdfast demo' });
  await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
  await session.query(sql);
  await session.end();
}

/** The real command line as a process of its own, on this terminal. */
function holdfast(
  { args, mayWarn }: Step,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<void> {
  const foreign = /^(DATABASE_URL|BACKUP_|RETENTION_|HOLDFAST_(?!POSTGRES_BIN)|PG|DB_)/;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !foreign.test(name)),
  );
  const child = spawn(process.execPath, [HOLDFAST, ...args], {
    cwd: folder,
    env,
    stdio: 'inherit',
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('exit', (status) =>
      status === 0 || (mayWarn && status === 1)
        ? done()
        : fail(new Error(`holdfast ${args[0]} ended with ${status}`)),
    );
  });
}

async function fillClinic(server: ThrowAwayServer): Promise<ConnectionSettings> {
  const maintenance = await Session.open(server.connection(), { applicationName: 'holdfast demo' });
  await maintenance.query('CREATE DATABASE clinic');
  await maintenance.end();
  const clinic = server.connection('clinic');
  const session = await Session.open(clinic, { applicationName: 'holdfast demo' });
  await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
  await session.query(clinicSchema);
  await session.query(clinicRows({ vitals: 80_000 }));
  await session.end();
  return clinic;
}

/** A folder of an earlier demo is replaced; anything else is left alone. */
async function freshFolder(folder: string): Promise<string> {
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  if ((await exists(folder)) && !(await exists(join(folder, MARKER))))
    throw new Error(`${folder} is there and is not from a demo; move it away`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, MARKER), '');
  return folder;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(
    `\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
