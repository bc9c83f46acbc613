import { describe, expect, it } from 'vitest';
import { regionOfAddress } from '../../engine/domain/stack-addresses.ts';

const HOST = 'clinic.c9akciq32rgc.eu-west-1.rds.amazonaws.com';
const SECRET = 'arn:aws:secretsmanager:us-east-2:123456789012:secret:clinic';

describe('the region in which RDS runs a database', () => {
  it.each([
    [
      'the one that the config names, before all',
      { host: HOST, secret: SECRET, region: 'eu-north-1' },
      'eu-north-1',
    ],
    [
      'that of the host name, before that of the secret',
      { host: HOST, secret: SECRET },
      'eu-west-1',
    ],
    [
      'that of the host in a URL',
      { url: `postgresql://backup@${HOST}:5432/clinic`, iam: true } as const,
      'eu-west-1',
    ],
    [
      'that of the host in a list of key=value',
      { url: `host=${HOST} user=backup`, iam: true } as const,
      'eu-west-1',
    ],
    ['that of the ARN of the secret, where there is no host', { secret: SECRET }, 'us-east-2'],
    [
      'that of the stack, where the address names none',
      { host: 'db.example.com', secret: 'clinic' },
      undefined,
    ],
    [
      'that of the stack, where the URL can not be read',
      { url: 'clinic', secret: 'clinic' },
      undefined,
    ],
  ])('is %s', (_, address, region) => expect(regionOfAddress(address)).toBe(region));
});
