import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { authorityTexts } from '../../engine/composition/authority-texts.ts';
import { textFiles } from '../../engine/composition/stack-files.ts';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { makeAuthority } from '../fixtures/certificates.ts';

let folder: string;
let certificate: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hf-authorities-'));
  certificate = (await makeAuthority(folder, 'authority')).certificate;
  await writeFile(join(folder, 'notes.pem'), 'nothing of the kind');
});

afterAll(() => rm(folder, { recursive: true }));

describe('the files of authorities that databases name', () => {
  const read = (databases: object, plans: object = { nightly: {} }) => {
    const aws = {
      region: 'eu-central-1',
      repository: 'cloud',
      replica: 'none',
      network: { vpcId: 'vpc-1', subnetIds: ['subnet-1'], availabilityZones: ['eu-central-1a'] },
    };
    const input = {
      project: 'clinic',
      repositories: { cloud: { bucket: 'clinic-backups' } },
      databases,
      plans,
      aws,
    };
    const config = parseConfig(input, { origin: 'a test' });
    return authorityTexts(
      { config, path: undefined, env: {}, resolvePath: (path) => join(folder, path) },
      config.aws as AwsConfig,
    );
  };

  it('are read once each, of a database and its standby', async () => {
    const named = { secret: 's', sslrootcert: 'authority.crt' };
    const { texts, mistakes } = await read({ clinic: { ...named, replica: named }, lab: named });
    expect(mistakes).toEqual([]);
    expect(texts).toEqual({ 'authority.crt': await readFile(certificate, 'utf8') });
  });

  it('that are not there, or hold no certificate, are all told', async () => {
    const databases = {
      clinic: { secret: 's', sslrootcert: 'gone.pem' },
      lab: { secret: 's', sslrootcert: 'notes.pem' },
    };
    expect((await read(databases)).mistakes).toEqual([
      'databases.clinic.sslrootcert: gone.pem can not be read, and its text goes to the tasks',
      'databases.lab.sslrootcert: notes.pem holds no certificate (PEM), and its text goes to the tasks',
    ]);
  });

  it('are none of the system, nor of databases that the stack does not take', async () => {
    const databases = {
      clinic: { secret: 's', sslrootcert: 'system' },
      lab: { secret: 's', sslrootcert: 'gone.pem' },
    };
    expect(await read(databases, { nightly: { databases: ['clinic'] } })).toEqual({
      texts: {},
      mistakes: [],
    });
  });
});

describe('the text of a file', () => {
  it('is a file of this process alone, the same one for the same text, and a path stays a path', async () => {
    const fileOf = textFiles();
    const text = await readFile(certificate, 'utf8');
    const path = fileOf(text);
    expect(await readFile(path, 'utf8')).toBe(text);
    expect([(await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
    expect(fileOf(text)).toBe(path);
    expect(fileOf('/etc/ssl/ca.pem')).toBe('/etc/ssl/ca.pem');
    await rm(dirname(path), { recursive: true });
  });

  it('is gone when the process is, however it ended', async () => {
    const module = new URL('../../engine/composition/stack-files.ts', import.meta.url).href;
    const program = `const { textFiles } = await import('${module}');
      console.log(textFiles()(process.argv[1])); setInterval(() => {}, 1000);`;
    const text = await readFile(certificate, 'utf8');
    const args = ['--input-type=module', '-e', program, '--', text];
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const path = line.toString().trim();
    expect(await readFile(path, 'utf8')).toBe(text);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(dirname(path))).toBe(false), { timeout: 10_000 });
  });
});
