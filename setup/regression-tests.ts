import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toolCache } from '../engine/postgres/tools.ts';

const BUILD_SECONDS = 600;

/** The directory of pg_regress, built once; undefined where this machine can't build it. */
export async function regressionTests(
  major: number,
  say: (text: string) => void,
): Promise<string | undefined> {
  const prefix = join(toolCache(), `.regression-tests-${major}`);
  const folder = join(prefix, 'src/test/regress');
  const isThere = () =>
    access(join(folder, 'regress.so')).then(
      () => true,
      () => false,
    );
  if (await isThere()) return folder;
  say(`building the regression tests of PostgreSQL ${major} (nothing is installed)`);
  const unfinished = `${prefix}.new`;
  await mkdir(toolCache(), { recursive: true });
  await rm(unfinished, { recursive: true, force: true });
  try {
    const script = join(import.meta.dirname, 'build-regression-tests.sh');
    await promisify(execFile)('bash', [script, String(major), unfinished], {
      maxBuffer: 1 << 26,
      timeout: BUILD_SECONDS * 1000,
    });
    await rename(unfinished, prefix);
  } catch {
    say(`skipped: the regression database of PostgreSQL ${major}, which can't be built here`);
  }
  return (await isThere()) ? folder : undefined;
}
