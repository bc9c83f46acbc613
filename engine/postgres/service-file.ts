import { join } from 'node:path';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';

/** Where libpq looks for services. */
export interface ServiceFiles {
  /** PGSERVICEFILE, which replaces the file in the home directory. */
  file?: string | undefined;
  /** PGSYSCONFDIR, which replaces the directory of the system's file. */
  directory?: string | undefined;
  home: string;
}

/** Debian's libpq looks there, and so do we where PGSYSCONFDIR is not set. */
const SYSTEM_DIRECTORY = '/etc/postgresql-common';

/**
 * The parameters of a service (PostgreSQL documentation, "The Connection Service File"): the file of
 * the user first, then the one of the system.
 * @throws HoldfastError CONFIG_INVALID when no file has the service, or libpq would not read it.
 */
export async function readService(
  service: string,
  files: ServiceFiles,
): Promise<Record<string, string>> {
  const found = await findService(service, files);
  if (found !== undefined) return found;
  throw invalid(
    `there is no service "${service}" in ${pathsOf(files).join(' or ')}`,
    'Add a section [name] with host, port, dbname and user, or set PGSERVICEFILE.',
  );
}

/** The same; undefined when no file has it. */
export async function findService(
  service: string,
  files: ServiceFiles,
): Promise<Record<string, string> | undefined> {
  for (const path of pathsOf(files)) {
    const text = await readText(path, { isNamed: path === files.file });
    const found = text === undefined ? undefined : sectionOf(text, { service, path });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Undefined where there is no such file and nobody named it. */
async function readText(
  path: string,
  { isNamed }: { isNamed: boolean },
): Promise<string | undefined> {
  try {
    return (await readSmallFile(path)).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    if (isNamed) throw notRead(path, cause);
    return undefined;
  }
}

function pathsOf({ file, directory = SYSTEM_DIRECTORY, home }: ServiceFiles): string[] {
  return [file ?? join(home, '.pg_service.conf'), join(directory, 'pg_service.conf')];
}

/** As libpq reads it (fe-connect.c, parseServiceFile): no blanks around the =, and the first value of a name counts. */
function sectionOf(
  text: string,
  { service, path }: { service: string; path: string },
): Record<string, string> | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith(`[${service}]`));
  if (start < 0) return undefined;
  const parameters: Record<string, string> = Object.create(null);
  for (const [offset, line] of lines.slice(start + 1).entries()) {
    if (line.startsWith('[')) break;
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = /^([a-z_]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || name.startsWith('service'))
      throw notUnderstood(path, start + offset + 2);
    parameters[name] ??= value;
  }
  return parameters;
}

function notRead(path: string, { message }: UnreadableFile): HoldfastError {
  return invalid(
    `the service file ${path} can not be read: ${message}`,
    'Check the path in PGSERVICEFILE, and that this user may read the file.',
  );
}

function notUnderstood(path: string, line: number): HoldfastError {
  return invalid(
    `line ${line} of the service file ${path} is not name=value, so libpq would not read it`,
    'Write host=db.example, without blanks around the = and without service= or an ldap:// line.',
  );
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
