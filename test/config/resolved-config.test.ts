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
    const config = parseConfig(parse(await readDocument('holdfast.example.yaml')), {
      origin: 'the example',
    });
    return resolveConfig(config as Config & { aws: AwsConfig }, {
      breakGlass: '-----BEGIN PUBLIC KEY-----',
      authorities: {},
    });
  };

  it('has the vault as its only repository, and the plans that write there with its keep', async () => {
    const { config, version } = await resolve();
    expect(version).toBe(HOLDFAST_VERSION);
    expect(config.repositories).toEqual({
      cloud: { bucket: 'clinic-backups', prefix: undefined, region: 'eu-central-1' },
    });
    expect(Object.keys(config.plans)).toEqual(['daily', 'monthly', 'archive']);
    expect(config.plans.daily).toMatchObject({
      keep: { for: 90 * DAY },
      repositories: [{ name: 'cloud', keep: { for: 90 * DAY } }],
    });
  });

  it('has the snapshot plans too, with databases that nothing else takes', async () => {
    const input = parse(await readDocument('holdfast.example.yaml'));
    input.databases.analytics = { host: 'analytics', rds: { cluster: 'analytics' } };
    input.plans.daily.databases = ['clinic'];
    input.plans.servers.databases = ['analytics'];
    const config = parseConfig(input, { origin: 'a test' }) as Config & { aws: AwsConfig };
    const resolved = resolveConfig(config, { breakGlass: null, authorities: {} }).config;
    expect(resolved.snapshotPlans).toMatchObject({
      servers: { kind: 'snapshot', keep: { for: 14 * DAY, atLeast: 2 } },
    });
    expect(Object.keys(resolved.plans)).not.toContain('servers');
    expect(resolved.databases.analytics).toMatchObject({ rds: { cluster: 'analytics' } });
  });

  it('leaves on this machine what is of this machine', async () => {
    const text = JSON.stringify(await resolve());
    for (const local of [
      '/var/backups',
      '/mnt/offsite',
      '~/.config',
      'sslrootcert',
      'postgresBin',
      'stateFolder',
    ])
      expect(text).not.toContain(local);
    expect(text).toContain('BEGIN PUBLIC KEY');
  });

  it('names nobody who is told or called, nor the watchman outside', async () => {
    const input = parse(await readDocument('holdfast.example.yaml'));
    input.heartbeatUrl = 'https://hc-ping.example/beat';
    input.contacts = [
      { name: 'Ann', role: 'on call', phone: '+4366000000000', email: 'ann@clinic.example' },
    ];
    input.aws.alerts = {
      critical: { https: ['https://pager.example/key'], sms: ['+4366000000001'] },
      warning: { email: ['ops@clinic.example'] },
    };
    const config = parseConfig(input, { origin: 'the example' }) as Config & { aws: AwsConfig };
    const text = JSON.stringify(resolveConfig(config, { breakGlass: null, authorities: {} }));
    expect(text).not.toMatch(/hc-ping|Ann|\+4366|clinic\.example|pager/);
  });

  it('means the same after a way through JSON', async () => {
    const resolved = await resolve();
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
    expect(JSON.parse(JSON.stringify(resolved)).config.databases.clinic.secret).toContain(
      'arn:aws:secretsmanager',
    );
  });
});

describe('certificate authorities', () => {
  it('travel as text, of a database and of its standby, and those of the system by their name', async () => {
    const input = parse(await readDocument('holdfast.example.yaml'));
    const { secret } = input.databases.clinic;
    Object.assign(input.databases.clinic, {
      sslrootcert: './ca.pem',
      replica: { secret, sslrootcert: 'system' },
    });
    input.databases.lab = { secret, replica: { secret, sslrootcert: './ca.pem' } };
    const config = parseConfig(input, { origin: 'a test' }) as Config & { aws: AwsConfig };
    const { databases } = resolveConfig(config, {
      breakGlass: null,
      authorities: { './ca.pem': 'PEM' },
    }).config;
    expect(databases.clinic).toMatchObject({
      sslrootcert: 'PEM',
      replica: { sslrootcert: 'system' },
    });
    expect(databases.lab).toMatchObject({ replica: { sslrootcert: 'PEM' } });
    expect(databases.lab).not.toHaveProperty('sslrootcert');
  });
});
