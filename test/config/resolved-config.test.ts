import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { resolveConfig } from '../../engine/config/resolved-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { HOLDFAST_VERSION } from '../../engine/contract.ts';
import { readDocument } from '../fixtures/document.ts';

const DAY = 86_400;

describe('the resolved config of the example', () => {
  const resolve = async () => {
    const config = parseConfig(parse(await readDocument('holdfast.example.yaml')), { origin: 'the example' });
    return resolveConfig(config as Config & { aws: AwsConfig }, { breakGlass: '-----BEGIN PUBLIC KEY-----' });
  };

  it('has the vault as its only repository, and the plans that write there with its keep', async () => {
    const { config, version } = await resolve();
    expect(version).toBe(HOLDFAST_VERSION);
    expect(config.repositories).toEqual({ cloud: { bucket: 'clinic-backups', prefix: undefined, region: 'eu-central-1' } });
    expect(Object.keys(config.plans)).toEqual(['daily', 'monthly', 'archive']);
    expect(config.plans.daily).toMatchObject({ keep: { for: 90 * DAY }, repositories: [{ name: 'cloud', keep: { for: 90 * DAY } }] });
  });

  it('leaves on this machine what is of this machine', async () => {
    const text = JSON.stringify(await resolve());
    for (const local of ['/var/backups', '/mnt/offsite', '~/.config', 'sslrootcert', 'postgresBin', 'stateFolder'])
      expect(text).not.toContain(local);
    expect(text).toContain('BEGIN PUBLIC KEY');
  });

  it('means the same after a way through JSON', async () => {
    const resolved = await resolve();
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
    expect(JSON.parse(JSON.stringify(resolved)).config.databases.clinic.secret).toContain('arn:aws:secretsmanager');
  });
});
