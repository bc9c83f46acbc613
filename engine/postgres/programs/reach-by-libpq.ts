import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { type ConnectionSettings, describeConnection } from '../connection-settings.ts';
import { libpqConnectionString, libpqEnvironment } from '../libpq-environment.ts';
import { runProgram } from '../program.ts';
import { settingsForProgram } from '../program-login.ts';
import type { Toolset } from '../tools.ts';

export interface ReachOptions {
  tools: Toolset;
  settings: ConnectionSettings;
  applicationName: string;
  signal: AbortSignal;
}

/** pg_dump says so after it logged in and before it locks a table. */
const NOTHING_OF_THE_NAME = 'no matching schemas were found';

/**
 * Logs in as the programs of a dump do: libpq has rules of its own for keys, certificates and ciphers, which no driver shares.
 * pg_dump is asked for a schema of a name that nobody has, because it is there wherever a dump can run.
 * @throws HoldfastError CONNECTION_FAILED with libpq's reason
 */
export async function reachByLibpq(options: ReachOptions): Promise<void> {
  const { tools, settings, applicationName, signal } = options;
  const own = await settingsForProgram(settings, { applicationName });
  let said = '';
  const args = [
    ...['--schema-only', '--no-password', `--schema=nobody_${randomBytes(8).toString('hex')}`],
    `--dbname=${libpqConnectionString({ allowedAuth: own.allowedAuth, watch: own.watch })}`,
  ];
  await runProgram(join(tools.directory, 'pg_dump'), {
    args,
    env: libpqEnvironment(own, { applicationName }),
    signal,
    failure: 'CONNECTION_FAILED',
    watch: { settings: own, applicationName },
    onErrorOutput: (text) => {
      said += text;
    },
  }).catch((error: unknown) => {
    if (!said.includes(NOTHING_OF_THE_NAME)) throw notReached(error, own);
  });
}

function notReached(error: unknown, settings: ConnectionSettings): unknown {
  if (!isHoldfastError(error, 'CONNECTION_FAILED')) return error;
  const { message, hint, retryable } = error;
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `pg_dump can not connect to ${describeConnection(settings)} as ${settings.user}: ${message.replace(/^pg_dump exited with \d+: /, '')}`,
    ...(hint === undefined ? {} : { hint }),
    retryable,
    cause: error,
  });
}

/** pg_dumpall with --database says that it could not connect, and not why. */
const WITHOUT_REASON = /could not connect to database/;

/** The failure of pg_dumpall, with libpq's reason where it kept that to itself. */
export async function withReason(error: unknown, options: ReachOptions): Promise<unknown> {
  if (!isHoldfastError(error, 'DUMP_FAILED') || !WITHOUT_REASON.test(error.message)) return error;
  try {
    await reachByLibpq(options);
    return error;
  } catch (reason) {
    if (!isHoldfastError(reason, 'CONNECTION_FAILED')) return error;
    const { message, hint, retryable } = reason;
    return new HoldfastError({
      code: 'DUMP_FAILED',
      message: `pg_dumpall could not connect: ${message}`,
      ...(hint === undefined ? {} : { hint }),
      retryable,
      cause: error,
    });
  }
}
