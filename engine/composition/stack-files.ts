import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolderOfProcess } from '../postgres/reaped-folder.ts';

/**
 * Where the config of a stack has the text of a certificate in place of its file, programs of PostgreSQL still want a file: one of this
 * process's own, written when it is first asked for, and removed when the process ends.
 */
export function textFiles(): (pathOrText: string) => string {
  const written = new Map<string, string>();
  return (given) => {
    if (!given.includes('-----BEGIN ')) return given;
    const path = written.get(given) ?? write(given);
    written.set(given, path);
    return path;
  };
}

function write(text: string): string {
  const path = join(makeFolderOfProcess(tmpdir()), 'authorities.pem');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
