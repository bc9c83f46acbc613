import { stat } from 'node:fs/promises';
import { HoldfastError } from '../../errors.ts';
import { readSmallFile, UnreadableFile } from '../../files/read-small-file.ts';
import { isSocketDirectory } from '../connection-settings.ts';

/** What a line of a passfile is looked up by. */
export interface PassfileEntry {
  host: string;
  port: number;
  database: string;
  user: string;
}

/** A socket in the directory that libpq was built with is looked up as localhost. */
const DEFAULT_SOCKET_DIRECTORIES = ['/var/run/postgresql', '/tmp'];

/**
 * The password of the first line that fits (PostgreSQL documentation, "The Password File").
 * @throws HoldfastError CONFIG_INVALID when others may read the file, which libpq would ignore then.
 */
export async function passwordFromFile(
  entry: PassfileEntry,
  file: string,
): Promise<string | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `others may read the passfile ${file}, so libpq would ignore it`,
      hint: `Run: chmod 600 '${file}'`,
    });
  }
  const text = await readText(file);
  for (const host of hostsOf(entry.host)) {
    const password = findPassword(text, { ...entry, host });
    if (password !== undefined) return password || undefined;
  }
  return undefined;
}

/** What libpq can't read it ignores; what would never end it reads for ever. */
async function readText(file: string): Promise<string> {
  try {
    return (await readSmallFile(file)).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    if (cause.cause !== undefined) return '';
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `the passfile ${file} can not be read: ${cause.message}`,
      hint: 'Check PGPASSFILE, or passfile in the connection.',
      cause,
    });
  }
}

function hostsOf(host: string): string[] {
  const isDefault = isSocketDirectory(host) && DEFAULT_SOCKET_DIRECTORIES.includes(host);
  return isDefault ? ['localhost', host] : [host];
}

/** As libpq does (fe-connect.c, passwordFromFile); an empty password is one, and means none. */
export function findPassword(
  text: string,
  { host, port, database, user }: PassfileEntry,
): string | undefined {
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    let rest: string | undefined = line.replace(/\r$/, '');
    for (const wanted of [host, String(port), database, user])
      rest = rest === undefined ? undefined : matchField(rest, wanted);
    if (rest !== undefined) return withoutEscapes(rest);
  }
  return undefined;
}

/** What follows the field and its colon, where the field is * or the wanted text. */
function matchField(line: string, wanted: string): string | undefined {
  if (line.startsWith('*:')) return line.slice(2);
  let at = 0;
  for (const character of wanted) {
    if (line[at] === '\\') at += 1;
    if (!line.startsWith(character, at)) return undefined;
    at += character.length;
  }
  return line[at] === ':' ? line.slice(at + 1) : undefined;
}

/** A password ends at a colon that is not escaped. */
function withoutEscapes(text: string): string {
  const [field = ''] = /^(?:\\.|[^\\:]|\\$)*/su.exec(text) ?? [];
  return field.replace(/\\(.)/gsu, '$1');
}
