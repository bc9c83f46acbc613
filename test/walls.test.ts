import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** A file that would stand in a layer, with an import that its wall forbids. */
const CLIMBERS: [layer: string, file: string, imported: string][] = [
  ['contract', 'engine/contract.ts', './errors.ts'],
  ['errors', 'engine/errors.ts', './domain/key.ts'],
  ['config', 'engine/config/x.ts', '../domain/key.ts'],
  ['domain', 'engine/domain/x.ts', 'node:fs'],
  ['domain', 'engine/domain/x.ts', '../postgres/session.ts'],
  ['domain', 'engine/domain/x.ts', 'aws-cdk-lib'],
  ['config', 'engine/config/x.ts', 'some-package-of-tomorrow'],
  ['files', 'engine/files/x.ts', '../domain/key.ts'],
  ['ports', 'engine/ports/x.ts', '../stream/envelope.ts'],
  ['ports', 'engine/ports/x.ts', 'node:fs'],
  ['stream', 'engine/stream/x.ts', '@aws-sdk/client-s3'],
  ['stream', 'engine/stream/x.ts', '../postgres/session.ts'],
  ['postgres', 'engine/postgres/x.ts', '../stream/envelope.ts'],
  ['postgres', 'engine/postgres/x.ts', '@aws-crypto/client-node'],
  ['operations', 'engine/operations/x.ts', '../adapters/key-file.ts'],
  ['operations', 'engine/operations/x.ts', '../composition/from-config.ts'],
  ['operations', 'engine/operations/x.ts', '@aws-crypto/client-node'],
  ['adapters', 'engine/adapters/x.ts', '../operations/backup.ts'],
  ['adapters', 'engine/adapters/x.ts', '../postgres/session.ts'],
  ['composition', 'engine/composition/x.ts', 'commander'],
  ['a topic of domain', 'engine/domain/topic/x.ts', 'node:fs'],
  ['a topic of domain', 'engine/domain/topic/x.ts', '../../postgres/session.ts'],
  ['a topic of postgres', 'engine/postgres/topic/x.ts', '../../stream/envelope.ts'],
  ['a topic of operations', 'engine/operations/topic/x.ts', '../../adapters/key-file.ts'],
  ['a topic of adapters', 'engine/adapters/topic/x.ts', '../../operations/backup.ts'],
  ['a topic of composition', 'engine/composition/topic/x.ts', '../../../cli/run.ts'],
  ['cli', 'cli/commands/x.ts', '../../engine/adapters/key-file.ts'],
  ['lib', 'lib/x.ts', '../engine/operations/backup.ts'],
  ['lib', 'lib/x.ts', '../lambdas/check.ts'],
  ['lib', 'lib/x.ts', '@aws-sdk/client-s3'],
  ['task', 'task/x.ts', '../engine/adapters/key-file.ts'],
  ['task', 'task/x.ts', '../cli/run.ts'],
  ['lambdas', 'lambdas/x.ts', '../task/run.ts'],
  ['lambdas', 'lambdas/x.ts', '@aws-sdk/client-sns'],
];

const ALLOWED: [file: string, imported: string][] = [
  ['engine/postgres/allowed.ts', '../files/read-small-file.ts'],
  ['engine/operations/allowed.ts', '../postgres/session.ts'],
  ['engine/domain/topic/allowed.ts', '../table-name.ts'],
  ['engine/domain/topic/allowed-2.ts', '../../errors.ts'],
  ['engine/postgres/topic/allowed.ts', '../../domain/restore/value-settings.ts'],
  ['engine/operations/topic/allowed.ts', '../../postgres/session.ts'],
];

describe('the wall around a layer', () => {
  let folder: string;
  let complaints: Map<string, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hf-walls-'));
    const config = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as { vcs: object };
    writeFileSync(
      join(folder, 'biome.json'),
      JSON.stringify({ ...config, vcs: { enabled: false } }),
    );
    for (const [index, [, file, imported]] of CLIMBERS.entries())
      write(placeOf(file, index), imported);
    for (const [file, imported] of ALLOWED) write(file, imported);
    complaints = lint(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(
    CLIMBERS.map(([layer, file, imported], index) => ({
      layer,
      imported,
      place: placeOf(file, index),
    })),
  )('$layer may not import $imported', ({ place }) => {
    expect(complaints.get(place)).toBe('lint/style/noRestrictedImports');
  });

  it.each(ALLOWED)('lets %s import %s', (file) => {
    expect(complaints.get(file)).toBeUndefined();
  });

  function write(place: string, imported: string): void {
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    writeFileSync(
      join(folder, place),
      `import * as climbed from '${imported}';\n\nexport { climbed };\n`,
    );
  }
});

/** Files of their own, except where the wall is around one file. */
function placeOf(file: string, index: number): string {
  return file.endsWith('/x.ts') ? file.replace('x.ts', `x${index}.ts`) : file;
}

function lint(folder: string): Map<string, string> {
  const { stdout } = spawnSync(
    join(ROOT, 'node_modules/.bin/biome'),
    ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string | { file: string } } }[];
  };
  return new Map(
    diagnostics.map(({ category, location: { path } }) => [
      (typeof path === 'string' ? path : path.file).replace(/^\.\//, ''),
      category,
    ]),
  );
}
