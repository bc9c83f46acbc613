import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { name } from './texts.ts';

const DAY = 86_400;

/** Storage classes that a plan's old sets may move to, with the seconds that AWS charges for at least (Amazon S3 pricing). */
export const COLD_CLASS_MINIMUM_SECONDS = {
  GLACIER_IR: 90 * DAY,
  GLACIER: 90 * DAY,
  DEEP_ARCHIVE: 180 * DAY,
} as const;

const accountSchema = z
  .string()
  .regex(/^\d{12}$/, { message: 'is not an account: twelve digits, in quotation marks' });
const regionSchema = z
  .string()
  .regex(/^[a-z]{2,3}(-[a-z]+)+-\d$/, { message: 'is not a region, such as eu-central-1' });
const arnSchema = (service: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:[^\\s*?]+$`), {
    message: `is not an ARN of ${service}`,
  });
const idSchema = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-z]+$`), {
    message: `is not an id such as ${prefix}-0abc123`,
  });

const replicaSchema = z.strictObject({
  region: regionSchema.describe("The replica's region, another one than the vault's."),
  bucketArn: arnSchema('s3')
    .optional()
    .describe(
      'A bucket of another account, which the stack does not make; else the stack makes one.',
    ),
  keyArn: arnSchema('kms').optional().describe('KMS key of that bucket.'),
  account: accountSchema.optional().describe('Account of that bucket, which then owns the copies.'),
});

const networkSchema = z.strictObject({
  vpcId: idSchema('vpc').describe('The VPC from which the databases can be reached.'),
  subnetIds: z.array(idSchema('subnet')).min(1).describe('Its subnets in which tasks run.'),
  availabilityZones: z
    .array(z.string().min(1))
    .min(1)
    .describe('The zone of each subnet, in the same order; synth makes no request to AWS.'),
  securityGroupIds: z
    .array(idSchema('sg'))
    .min(1)
    .optional()
    .describe(
      'Security groups of the tasks, which the databases must allow; else the stack creates one and prints its id.',
    ),
  routeTableIds: z
    .array(idSchema('rtb'))
    .min(1)
    .optional()
    .describe(
      'The route table of each subnet, in the same order; needed with `endpoints`, for S3.',
    ),
  isPublic: z
    .boolean()
    .default(false)
    .describe(
      'true where the subnets reach the Internet by an address of their own: tasks get one then.',
    ),
  endpoints: z
    .boolean()
    .default(false)
    .describe(
      'true where there is no way out of the subnets: the stack makes the VPC endpoints that tasks need. Endpoints of your own have to be those of `ecr.api`, `ecr.dkr`, `kms`, `logs`, `secretsmanager` and `sts` (drills and restores), and the gateway of S3.',
    ),
});

const lockSchema = z.strictObject({
  mode: z
    .enum(['governance', 'compliance'])
    .default('governance')
    .describe(
      'governance: the break-glass role may lift a lock. compliance: nobody may, not even AWS.',
    ),
  days: z
    .int()
    .min(1)
    .max(36_500)
    .default(7)
    .describe('How long each object is locked when it is written; verify extends the lock.'),
});

const tasksSchema = z.strictObject({
  architecture: z
    .enum(['x86_64', 'arm64'])
    .optional()
    .describe('Processor of image and tasks; default: that of the deploying machine.'),
  spot: z
    .boolean()
    .default(false)
    .describe(
      'Run backups on Fargate Spot: cheaper, and a run may be ended and begun again; the last try is not on Spot.',
    ),
  concurrency: z
    .int()
    .min(1)
    .max(40)
    .default(10)
    .describe(
      'How many databases of a plan are backed up at the same time; Step Functions take no more than 40.',
    ),
});

const phoneSchema = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, { message: 'is not a telephone number such as +4366012345678' });

const topicShape = {
  email: z
    .array(z.email())
    .default([])
    .describe('Addresses; each must confirm the subscription by e-mail.'),
  https: z
    .array(z.url({ protocol: /^https$/ }))
    .default([])
    .describe('URLs of pagers (PagerDuty, Opsgenie, ...), which confirm by themselves.'),
  sms: z.array(phoneSchema).default([]).describe('Telephone numbers.'),
};

const awsAlertsSchema = z.strictObject({
  critical: z.strictObject(topicShape).prefault({}).describe('Recipients who are called at night.'),
  warning: z
    .strictObject(topicShape)
    .prefault({})
    .describe('Recipients who read it in the morning.'),
});

const coldSchema = z.strictObject({
  after: durationSchema.prefault('30d').describe('The age at which an object moves.'),
  class: z
    .enum(['GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'])
    .describe('GLACIER_IR opens at once, GLACIER in hours, DEEP_ARCHIVE in half a day or two.'),
});

/** What `cdk deploy` makes. */
export const awsSchema = z.strictObject({
  account: accountSchema
    .optional()
    .describe(
      'The account, in quotation marks; else that of the credentials with which you deploy.',
    ),
  region: regionSchema.describe('The region of everything but the replica.'),
  repository: name.describe(
    'A repository of the config with a bucket: the vault. The stack makes that bucket.',
  ),
  replica: z
    .union([z.literal('none'), replicaSchema])
    .describe('Where every object is copied to; `none` keeps everything in one region.'),
  network: networkSchema.describe('The network from which the databases can be reached.'),
  lock: lockSchema
    .prefault({})
    .describe('Object Lock of the vault, of its replica and of the trails.'),
  tasks: tasksSchema.prefault({}).describe('The Fargate tasks that back up, verify and drill.'),
  alerts: awsAlertsSchema.prefault({}).describe('Recipients of alerts, by SNS.'),
  cold: z
    .record(name, coldSchema)
    .default({})
    .describe(
      'Plans whose objects above 16 MiB move to a cold storage class in the vault, by the name of the plan.',
    ),
  formerPlans: z
    .array(name)
    .default([])
    .describe(
      'Plans that no longer write to the vault but have sets there: retention releases those too. `check` warns of others.',
    ),
  breakGlassRole: arnSchema('iam')
    .optional()
    .describe(
      'The only IAM role that may remove a version or lift a lock; else the stack creates one that requires MFA.',
    ),
});

export const objectivesSchema = z.strictObject({
  rto: durationSchema.describe('How long a recovery may take.'),
  rpo: durationSchema.describe('How much may be lost: the greatest age of the newest good backup.'),
});

export const contactSchema = z.strictObject({
  name: name.describe('Who it is.'),
  role: name.describe('What to call them for.'),
  phone: name.optional().describe('Telephone number.'),
  email: z.email().optional().describe('Address.'),
});

/** When the disaster recovery plan is read again. */
export const runbookSchema = z.strictObject({
  review: durationSchema
    .prefault('90d')
    .describe('How long after a review of the recovery plan the next one is due.'),
  reviewed: z.iso
    .date()
    .optional()
    .describe('Day of the last review, such as 2026-11-30: set it when you have read the plan.'),
});

export type RunbookConfig = z.output<typeof runbookSchema>;
export type AwsConfig = z.output<typeof awsSchema>;
export type ReplicaConfig = z.output<typeof replicaSchema>;
export type ColdClass = keyof typeof COLD_CLASS_MINIMUM_SECONDS;
