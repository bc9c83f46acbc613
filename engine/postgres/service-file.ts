import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../config/from-environment.ts';
import { HoldfastError } from '../errors.ts';

interface Place {
  env: Environment;
  home: string;
}

/**
 * The parameters of a service (PostgreSQL documentation, "The Connection Service File"): the user's file first, then the system's.
 * @throws HoldfastError CONFIG_INVALID when no file has the service.
 */
export async function readService(service: string, place: Place): Promise<Record<string, string>> {
  const found = await findService(service, place);
  if (found !== undefined) return found;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `there is no service "${service}" in ${filesOf(place).join(' or ')}`,
    hint: 'Add a section [name] with host, port, dbname and user, or set PGSERVICEFILE.',
  });
}

/** The same; undefined when no file has it. */
export async function findService(
  service: string,
  place: Place,
): Promise<Record<string, string> | undefined> {
  for (const file of filesOf(place)) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const found = text === undefined ? undefined : sectionOf(text, service);
    if (found !== undefined) return found;
  }
  return undefined;
}

function filesOf({ env, home }: Place): string[] {
  const own = env.PGSERVICEFILE ?? join(home, '.pg_service.conf');
  const machine = env.PGSYSCONFDIR === undefined ? [] : [join(env.PGSYSCONFDIR, 'pg_service.conf')];
  return [own, ...machine, '/etc/postgresql-common/pg_service.conf'];
}

function sectionOf(text: string, service: string): Record<string, string> | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`[${service}]`);
  if (start < 0) return undefined;
  const parameters: Record<string, string> = {};
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('[')) break;
    const equals = line.indexOf('=');
    if (line === '' || line.startsWith('#') || equals < 0) continue;
    parameters[line.slice(0, equals).trim()] = line.slice(equals + 1).trim();
  }
  return parameters;
}
