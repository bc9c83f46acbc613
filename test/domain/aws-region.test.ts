import { describe, expect, it } from 'vitest';
import { regionOfArn, regionOfEnvironment, regionOfHost } from '../../engine/domain/aws-region.ts';

describe('the region', () => {
  it.each([
    ['arn:aws:secretsmanager:eu-central-1:123456789012:secret:ward-AbCdEf', 'eu-central-1'],
    [
      'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:ward-AbCdEf',
      'us-gov-west-1',
    ],
    ['ward/seven', undefined],
    ['arn:aws:iam::123456789012:role/ward', undefined],
  ])('of %s is %s', (arn, region) => expect(regionOfArn(arn)).toBe(region));

  it.each([
    ['ward.abc123.eu-central-1.rds.amazonaws.com', 'eu-central-1'],
    ['ward.cluster-ro-abc123.ap-southeast-2.rds.amazonaws.com', 'ap-southeast-2'],
    ['WARD.ABC123.EU-CENTRAL-1.RDS.AMAZONAWS.COM', 'eu-central-1'],
    ['ward.abc123.rds.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['db.example.internal', undefined],
    ['rds.amazonaws.com.example.org', undefined],
  ])('of host %s is %s', (host, region) => expect(regionOfHost(host)).toBe(region));

  it('of the environment is AWS_REGION, then AWS_DEFAULT_REGION, and an empty one is none', () => {
    expect(regionOfEnvironment({ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' })).toBe('a');
    expect(regionOfEnvironment({ AWS_REGION: '', AWS_DEFAULT_REGION: 'b' })).toBe('b');
    expect(regionOfEnvironment({ AWS_REGION: '' })).toBeUndefined();
  });
});
