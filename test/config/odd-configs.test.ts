import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readYamlConfig } from '../../engine/adapters/yaml-config.ts';
import { readEnvFile } from '../../engine/composition/load-config.ts';
import { repositoryOf } from '../../engine/composition/repositories.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { parseEnvFile } from '../../engine/domain/env-file.ts';

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

  it.each(INHERITED)('is found under no list of a config that does not have it: %s', (name) => {
    const { databases, plans, repositories, snapshotPlans } = parse(configWith({}));
    for (const all of [databases, plans, repositories, snapshotPlans])
      expect((all as Record<string, unknown>)[name]).toBeUndefined();
    expect(parseEnvFile('A=1')[name]).toBeUndefined();
  });

  it.each(INHERITED.slice(0, 3))('is one like any other where it has it: %s', (name) => {
    const config = parse({
      ...configWith({}, { database: name, repository: name }),
      plans: { [name]: { databases: [name], repositories: [name] } },
    });
    for (const all of [config.databases, config.plans, config.repositories])
      expect(Object.keys(all)).toEqual([name]);
  });

  it('is refused where nothing can have it', () => {
    const config = JSON.parse('{"databases":{"__proto__":{}},"plans":{"__proto__":{}}}');
    const both = { ...configWith({}), ...config };
    expect(() => parse(both)).toThrow(/databases\.__proto__: nothing can have this name\n/);
    expect(() => parse(both)).toThrow(/plans\.__proto__: nothing can have this name/);
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

  it('is refused with the line of each mistake, and what was probably meant', async () => {
    const path = join(folder, 'misspelt.yaml');
    await writeFile(
      path,
      `project: clinic
databases:
  clinic: &base
    url: postgresql:///clinic
    dril: {}
repositories: { local: { foldr: ./backups } }
plans:
  nightly:
    keep: 0d
    # a comment
    shedule: 0 2 * * *
`,
    );
    const refused = await readYamlConfig(path).catch((error: Error) => error.message);
    expect(refused).toContain(`${path}:5: databases.clinic.dril: there is no such setting`);
    expect(refused).toContain('; did you mean drill?');
    expect(refused).toContain(`${path}:6: repositories.local.foldr: there is no such setting`);
    expect(refused).toContain(
      `${path}:11: plans.nightly.shedule: there is no such setting; did you mean schedule?`,
    );
  });

  it('is refused where its env file is not UTF-8', async () => {
    const path = join(folder, 'latin1.env');
    await writeFile(path, Buffer.from('PGPASSWORD=Größe\n', 'latin1'));
    await expect(readEnvFile(path)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `the env file ${path} is not UTF-8`,
    });
  });

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
