import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readYamlConfig } from '../../engine/adapters/yaml-config.ts';
import { repositoryOf } from '../../engine/composition/repositories.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';

const INHERITED = ['constructor', 'hasOwnProperty', 'toString', '__proto__'];

const configWith = (plan: object, names: { database?: string; repository?: string } = {}) => ({
  project: 'clinic',
  databases: { [names.database ?? 'clinic']: { url: 'postgresql:///clinic' } },
  repositories: { [names.repository ?? 'local']: { folder: './backups' } },
  plans: { nightly: plan },
});
const parse = (config: object) => parseConfig(config, { origin: 'holdfast.yaml' });

describe('a name that every object inherits', () => {
  it.each(INHERITED)('is not there unless the config has it: %s', async (name) => {
    expect(() => parse(configWith({ databases: [name] }))).toThrow(
      `there is no database "${name}"`,
    );
    expect(() => parse(configWith({ repositories: [name] }))).toThrow(
      `there is no repository "${name}"`,
    );
    const loaded = { config: parse(configWith({})), path: undefined, env: {} };
    await expect(repositoryOf({ ...loaded, resolvePath: (path) => path }, name)).rejects.toThrow(
      `no repository "${name}"`,
    );
  });

  it.each([
    'constructor',
    'hasOwnProperty',
  ])('is one like any other where it has it: %s', (name) => {
    const config = parse(
      configWith({ databases: [name], repositories: [name] }, { database: name, repository: name }),
    );
    expect(Object.keys(config.databases)).toEqual([name]);
    expect(Object.keys(config.repositories)).toEqual([name]);
  });
});

describe('a plan that keeps nothing', () => {
  it.each(['0d', '0s', { for: '0w', atLeast: 1 }])('is refused: %j', (keep) => {
    expect(() => parse(configWith({ keep }))).toThrow('keeps no set at all');
  });
});

describe('a config file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is refused where it is not UTF-8', async () => {
    const path = join(folder, 'latin1.yaml');
    await writeFile(path, Buffer.from('project: Größe\n', 'latin1'));
    await expect(readYamlConfig(path)).rejects.toThrow(`${path} is not UTF-8`);
  });

  it.each([
    '!secret',
    '!!python/object',
    '!Ref',
  ])('is refused with an unknown tag: %s', async (tag) => {
    const path = join(folder, 'tag.yaml');
    await writeFile(path, `project: ${tag} clinic\n`);
    await expect(readYamlConfig(path)).rejects.toThrow(/Unresolved tag/);
  });
});
