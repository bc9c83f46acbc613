import type { AddressConfig } from '../config/database-schema.ts';
import { parseConnectionString } from './connection-url.ts';

/** Parameters of a connection that name a file, or what stands in one. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey', 'passfile', 'service'] as const;

/** Files that a URL names; the text of one that `sslrootcert` names beside the URL goes to the tasks. `name` is `clinic` or `clinic.replica`. */
export function fileMistakes(name: string, { url }: AddressConfig): string[] {
  const parameters: Record<string, string | undefined> = parametersOf(url);
  const named = FILES.filter(
    (parameter) => parameters[parameter] && parameters[parameter] !== 'system',
  );
  return named.map((parameter) =>
    parameter === 'sslrootcert'
      ? `databases.${name}.url: its sslrootcert is a file of this machine; set databases.${name}.sslrootcert, whose text goes to the tasks`
      : `databases.${name}.url: its ${parameter} is of this machine, and a task in AWS has none; log in with secret or iam`,
  );
}

/** What is no URL is told elsewhere. */
function parametersOf(url: string | undefined): ReturnType<typeof parseConnectionString> {
  if (url === undefined || url === '') return {};
  try {
    return parseConnectionString(url);
  } catch {
    return {};
  }
}
