import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { examineRepositories, storeEndpoint } from '../../engine/composition/doctor.ts';
import { systemClock } from '../../engine/composition/from-config.ts';
import { DEFAULT_KEY_FILE, ensureKeyFile } from '../../engine/composition/key-ring.ts';
import { expandHome, loadConfig, readEnvFile } from '../../engine/composition/load-config.ts';
import { repositorySchema } from '../../engine/config/repository-schema.ts';
import { ENV } from '../../engine/contract.ts';
import { HoldfastError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { describeServer } from '../../engine/postgres/connection-settings.ts';
import { configTemplate, type TemplateOptions } from '../config-template.ts';
import { recordSetupOf } from '../record-setup.ts';
import type { Run } from '../run.ts';
import { findingLines } from './doctor.ts';

export function initCommand(run: Run): Command {
  return new Command('init')
    .description('write a commented holdfast.yaml and a key')
    .option(
      '--url <url>',
      'postgresql:// URL of the database, without password (else DATABASE_URL, else an example)',
    )
    .option('--folder <path>', 'where backups go', './backups')
    .addOption(
      new Option(
        '--bucket <name[/prefix]>',
        'S3 bucket to use instead of the folder; it is examined, and what it lacks is printed',
      ),
    )
    .action(
      run(async (invocation, options) => {
        const startedAt = systemClock.now();
        const path = resolve(invocation.options.config ?? 'holdfast.yaml');
        const { envFile } = invocation.options;
        const env = envFile === undefined ? {} : await readEnvFile(resolve(envFile));
        const bucket =
          options.bucket === undefined
            ? undefined
            : parseBucket(String(options.bucket), { ...process.env, ...env });
        const database = await describeDatabase(options.url as string | undefined);
        const keyPath = resolve(
          dirname(path),
          expandHome(process.env[ENV.keyFile] || DEFAULT_KEY_FILE),
        );
        const keyFile = process.env[ENV.keyFile] ? keyPath : DEFAULT_KEY_FILE;
        await writeNew(
          path,
          configTemplate({ ...database, folder: String(options.folder), bucket, keyFile }),
        );
        const key = await ensureKeyFile(keyPath);
        const notes = key.isNew ? `made the key ${keyPath}` : `the key ${keyPath} was there`;
        const done = { operation: 'init' as const, target: path, notes, startedAt };
        await recordSetupOf(invocation, done, { config: path });
        const findings = bucket === undefined ? [] : await lookAtBucket(path, envFile);
        invocation.printer.result(
          { config: path, key: keyPath, isNewKey: key.isNew, findings },
          textOf,
        );
      }),
    );
}

interface Made {
  config: string;
  key: string;
  isNewKey: boolean;
  findings: readonly Finding[];
}

function textOf({ config, key, isNewKey, findings }: Made): string {
  return [
    `wrote ${config}`,
    isNewKey
      ? `wrote ${key}: keep a copy of it in another place`
      : `${key} is there already and was left alone`,
    ...findingLines(findings),
    'next: `holdfast doctor`',
  ].join('\n');
}

/** @throws HoldfastError USAGE. */
function parseBucket(text: string, env: NodeJS.ProcessEnv): NonNullable<TemplateOptions['bucket']> {
  const [bucket = '', ...rest] = text.replace(/^s3:\/\//, '').split('/');
  const prefix = rest.join('/').replace(/\/$/, '') || undefined;
  const { error } = repositorySchema.safeParse({ bucket, prefix });
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return { bucket, prefix, endpoint: storeEndpoint(env) };
  throw new HoldfastError({
    code: 'USAGE',
    message: `--bucket "${text}" can not be used: its ${issue.path.join('.') || 'text'} ${issue.message}`,
    hint: 'Give the name of the bucket, and a prefix behind a slash where you want one: --bucket clinic-backups/ward-7',
  });
}

/** Enough for a glance; a backup is more patient. */
const ATTEMPTS = '2';

/** What the new repository lacks. The config is written whatever it is. */
async function lookAtBucket(path: string, envFile: string | undefined): Promise<Finding[]> {
  const env = { AWS_MAX_ATTEMPTS: ATTEMPTS, ...process.env };
  const sources = { configPath: path, envFile, env, cwd: process.cwd() };
  return examineRepositories(await loadConfig(sources));
}

async function describeDatabase(url: string | undefined): Promise<{ name: string; url: string }> {
  const given = url ?? process.env[ENV.databaseUrl];
  if (!given) return { name: 'clinic', url: 'postgresql://backup@db.example.internal:5432/clinic' };
  const settings = await resolveConnection({ url: given }, { layers: [] });
  const { host, port, user, database, others = [] } = settings;
  const isSocket = host.startsWith('/');
  const servers = [settings, ...others].map(describeServer).join(',');
  const place = isSocket
    ? `/${encodeURIComponent(database)}?host=${host}&port=${port}&user=${encodeURIComponent(user)}`
    : `${encodeURIComponent(user)}@${servers}/${encodeURIComponent(database)}`;
  return { name: database, url: `postgresql://${place}` };
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx', mode: 0o644 }).catch((cause: unknown) => {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new HoldfastError({
      code: isThere ? 'TARGET_EXISTS' : 'CONFIG_INVALID',
      message: isThere ? `${path} exists already` : `${path} can not be written`,
      hint: isThere
        ? 'Move it away, or name another file with --config.'
        : 'Check that its directory exists and that this user may write there, or name another file with --config.',
      cause,
    });
  });
}
