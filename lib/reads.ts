import { type CfnRule, type EventPattern, Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { CONTENT_SUFFIX, DISCLOSING, OUR_READERS } from '../engine/domain/access/disclosing.ts';
import { type Installation, roleArn } from './installation.ts';
import { BY_CLOUDTRAIL, eventSourceOf, ofKeys } from './touches.ts';

/**
 * The state in which a rule also gets what CloudTrail calls read-only, as it does Decrypt and GetObject (Amazon EventBridge User Guide,
 * "Receiving read-only management events from AWS services"; Amazon EventBridge API Reference, "Rule").
 */
const HEARS_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

type Detail = Record<string, unknown>;

/** A rule on calls that only read. */
export function readRule(scope: Construct, id: string, props: RuleProps): Rule {
  const rule = new Rule(scope, id, props);
  (rule.node.defaultChild as CfnRule).state = HEARS_READS;
  return rule;
}

/** Calls that took what sets hold out of these buckets, by anybody but our readers. */
export function contentReads(installation: Installation, buckets: readonly string[]): EventPattern {
  const read = {
    eventName: DISCLOSING.object,
    requestParameters: { bucketName: buckets, key: [{ suffix: CONTENT_SUFFIX }] },
  };
  return pattern('bucket', read, byOthers(installation, OUR_READERS.objects));
}

/**
 * The same by copying it; another rule, because a pattern has 2,048 characters at most (EventBridge quotas). "The value must be
 * URL-encoded" (Amazon S3 API Reference, CopyObject), and some callers encode the slashes, too.
 */
export function contentCopies(
  installation: Installation,
  buckets: readonly string[],
): EventPattern {
  const sources = buckets.flatMap((bucket) => ['', '/', '%2F'].map((slash) => `${slash}${bucket}`));
  const prefixes = sources.flatMap((source) => [`${source}/`, `${source}%`]);
  const copied = {
    eventName: DISCLOSING.copy,
    requestParameters: { 'x-amz-copy-source': prefixes.map((prefix) => ({ prefix })) },
  };
  return pattern('bucket', copied, byOthers(installation, OUR_READERS.objects));
}

/** Calls that opened a message with the envelope key, by anybody but our readers; of whatever key where none is named. */
export function keyUses(installation: Installation, keyArns?: readonly string[]): EventPattern {
  const used = {
    eventName: DISCLOSING.key,
    ...(keyArns === undefined ? {} : ofKeys(keyArns)),
  };
  return pattern('key', used, byOthers(installation, OUR_READERS.key));
}

/** What was refused took nothing: a call that went well has no `errorCode` (CloudTrail User Guide, "CloudTrail record contents"). */
function pattern(
  guardian: 'bucket' | 'key',
  call: Detail,
  callers: readonly Detail[],
): EventPattern {
  const eventSource = eventSourceOf(guardian);
  return {
    source: [`aws.${guardian === 'key' ? 'kms' : 's3'}`],
    detailType: [BY_CLOUDTRAIL],
    detail: {
      eventSource: [eventSource],
      errorCode: [{ exists: false }],
      ...call,
      $or: callers,
    },
  };
}

/** Of a session of another role, or of a user, the root, another account or a service of AWS, which have no role. */
function byOthers(installation: Installation, readers: readonly string[]): Detail[] {
  const ours = readers.map((reader) => roleArn(installation, installation.names.of(reader)));
  return [[{ 'anything-but': ours }], [{ exists: false }]].map((arn) => ({
    userIdentity: { sessionContext: { sessionIssuer: { arn } } },
  }));
}
