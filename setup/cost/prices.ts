/** List prices of us-east-1 in US dollars, without free tiers, as the pages of AWS had them in November 2025. Check them before you rely on one. */
export const PRICES_OF = '2025-11';

export const PRICE = {
  /** Fargate, Linux on x86: a virtual CPU and a GB of memory for an hour; a GB of disk above 20 for an hour. */
  fargateCpuHour: 0.04048,
  fargateGbHour: 0.004445,
  fargateDiskGbHour: 0.000111,
  /** EBS gp3, a GB for a month. */
  ebsGbMonth: 0.08,
  /** S3, a GB for a month. */
  s3: { STANDARD: 0.023, GLACIER_IR: 0.004, GLACIER: 0.0036, DEEP_ARCHIVE: 0.00099 },
  s3Put: 0.005 / 1000,
  s3Get: 0.0004 / 1000,
  /** An object that moves to a cold class, at most. */
  s3Transition: 0.05 / 1000,
  /** A GB to another region, and the promise of fifteen minutes for it. */
  transferGb: 0.02,
  replicationTimeGb: 0.015,
  kmsKeyMonth: 1,
  kmsRequest: 0.03 / 10_000,
  lambdaGbSecond: 0.0000166667,
  lambdaCall: 0.2 / 1_000_000,
  stateTransition: 0.025 / 1000,
  trailDataEvent: 0.1 / 100_000,
  logGb: 0.5,
  metricMonth: 0.3,
  alarmMetricMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
} as const;
