import { createInterface } from 'node:readline/promises';
import { Secret } from '../engine/domain/secret.ts';
import { isHoldfastError } from '../engine/errors.ts';
import type { RestoreRequest } from '../engine/operations/restore-request.ts';
import type { ConnectionSettings } from '../engine/postgres/connection-settings.ts';
import { askHidden } from './break-glass-option.ts';
import type { Invocation } from './invocation.ts';

/**
 * Restores, and where the role at hand may not, asks once for another one, or for its password: only a person at a
 * terminal is asked. What a role lacks is found out before anything is written.
 */
export async function restoreOrAsk<T>(
  request: RestoreRequest,
  { invocation, attempt }: { invocation: Invocation; attempt: (to: RestoreRequest) => Promise<T> },
): Promise<T> {
  try {
    return await attempt(request);
  } catch (error) {
    const lacks = lackOf(error, request);
    if (lacks === undefined || !isAtTerminal(invocation)) throw error;
    invocation.printer.warning((error as Error).message);
    const user = lacks === 'rights' ? await askRole() : request.to.user;
    if (user === '') throw error;
    const password = await askHidden(`Password of ${user}: `);
    return attempt({
      ...request,
      to: withLogin(request.to, { user, password }),
      otherLogin: undefined,
    });
  }
}

/** What a login that a person types could mend. */
function lackOf(error: unknown, { otherLogin }: RestoreRequest): 'rights' | 'password' | undefined {
  if (isHoldfastError(error, 'PRIVILEGE_MISSING'))
    return otherLogin === undefined ? undefined : 'rights';
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  const isRefused = typeof code === 'string' && code.startsWith('28');
  return isHoldfastError(error, 'CONNECTION_FAILED') && isRefused ? 'password' : undefined;
}

function isAtTerminal({ options }: Invocation): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY && !options.json);
}

async function askRole(): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question('Role that restores (empty: none): ')).trim();
  } finally {
    terminal.close();
  }
}

function withLogin(
  { login: _login, others, ...settings }: ConnectionSettings,
  { user, password: text }: { user: string; password: string },
): ConnectionSettings {
  const password = text === '' ? undefined : new Secret(text);
  return { ...settings, user, password, others: others?.map((one) => ({ ...one, password })) };
}
