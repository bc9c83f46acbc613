import { Secret } from '../engine/domain/secret.ts';
import { isHoldfastError } from '../engine/errors.ts';
import type { RestoreRequest } from '../engine/operations/restore-request.ts';
import type { ConnectionSettings } from '../engine/postgres/connection-settings.ts';
import type { Invocation } from './invocation.ts';
import { TerminalQuestions } from './shared/terminal-questions.ts';

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
    const login = await askLogin(lacks === 'rights' ? undefined : request.to.user);
    if (login === undefined) throw error;
    return attempt({ ...request, to: withLogin(request.to, login), otherLogin: undefined });
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

interface Login {
  user: string;
  password: string;
}

/** The password of a role, and first the role where there is none; undefined where none is named. */
async function askLogin(known: string | undefined): Promise<Login | undefined> {
  const terminal = new TerminalQuestions();
  try {
    const user = known ?? (await terminal.ask('Role that restores (empty: none): ')).trim();
    if (user === '') return undefined;
    return { user, password: await terminal.askHidden(`Password of ${user}: `) };
  } finally {
    terminal.close();
  }
}

function withLogin(
  { login: _login, others, ...settings }: ConnectionSettings,
  { user, password: text }: Login,
): ConnectionSettings {
  const password = text === '' ? undefined : new Secret(text);
  return { ...settings, user, password, others: others?.map((one) => ({ ...one, password })) };
}
