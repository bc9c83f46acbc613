import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * Of a function that a state machine calls: one that was busy, or failed for whatever reason, is called again for up to four and a half
 * minutes before that counts. The CDK's own tries are for failures of Lambda itself.
 */
export const TRIED_AGAIN: RetryProps = {
  errors: ['Lambda.TooManyRequestsException', 'States.TaskFailed'],
  interval: Duration.seconds(5),
  maxAttempts: 6,
  backoffRate: 2,
  maxDelay: Duration.minutes(2),
  jitterStrategy: JitterType.FULL,
};
