import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeKeyFile } from '../../engine/composition/key-ring.ts';
import { expandHome } from '../../engine/composition/load-config.ts';
import { ENV } from '../../engine/contract.ts';
import { HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { configTemplate } from '../config-template.ts';
import type { Run } from '../run.ts';

export function initCommand(run: Run): Command {
  return new Command('init')
    .description('write a commented holdfast.yaml and a key')
    .option('--url <url>', 'postgresql:// URL of the database, without password (else DATABASE_URL, else an example)')
    .option('--folder <path>', 'where backups go', './backups')
    .action(
      run(async (invocation, options) => {
        const path = resolve(invocation.options.config ?? 'holdfast.yaml');
        const database = await describeDatabase(options.url as string | undefined);
        await writeNew(path, configTemplate({ ...database, folder: String(options.folder) }));
        const keyPath = resolve(expandHome(process.env[ENV.keyFile] || '~/.config/holdfast/key'));
        const key = await makeKey(keyPath);
        const text = [
          `wrote ${path}`,
          key.isNew ? `wrote ${keyPath}: keep a copy of it in another place` : `${keyPath} is there already and was left alone`,
          'next: holdfast doctor',
        ].join('\n');
        invocation.printer.result({ config: path, key: keyPath, isNewKey: key.isNew }, text);
      }),
    );
}

async function describeDatabase(url: string | undefined): Promise<{ name: string; url: string }> {
  const given = url ?? process.env[ENV.databaseUrl];
  if (!given) return { name: 'clinic', url: 'postgresql://backup@db.example.internal:5432/clinic' };
  const { host, port, user, database } = await resolveConnection({ url: given }, { env: {} });
  const isSocket = host.startsWith('/');
  const place = isSocket
    ? `/${encodeURIComponent(database)}?host=${host}&port=${port}&user=${encodeURIComponent(user)}`
    : `${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(database)}`;
  return { name: database, url: `postgresql://${place}` };
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((cause: unknown) => {
    throw new HoldfastError({
      code: 'TARGET_EXISTS',
      message: `${path} is there already, or can not be written`,
      hint: 'Move it away, or name another with --config.',
      cause,
    });
  });
}

async function makeKey(path: string): Promise<{ isNew: boolean }> {
  try {
    await writeKeyFile(path);
    return { isNew: true };
  } catch (error) {
    if (isHoldfastError(error, 'KEY_INVALID') && /already/.test(error.message)) return { isNew: false };
    throw error;
  }
}
