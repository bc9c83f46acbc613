import { Aws, Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface AfterDeployProps {
  check: IFunction;
  deadLetters: Queue;
}

/**
 * Check looks when this stack was deployed: the alarms of a plan that is new take silence for bad news, and the next time of check may be
 * an hour away.
 */
export function checkAfterDeploy(scope: Construct, { check, deadLetters }: AfterDeployProps): Rule {
  const event = RuleTargetInput.fromObject({ scheduledFor: EventField.time });
  return new Rule(scope, 'Deployed', {
    eventPattern: {
      source: ['aws.cloudformation'],
      detailType: ['CloudFormation Stack Status Change'],
      detail: {
        'stack-id': [Aws.STACK_ID],
        'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
      },
    },
    targets: [
      new LambdaFunction(check, {
        event,
        deadLetterQueue: deadLetters,
        maxEventAge: Duration.hours(1),
        retryAttempts: 10,
      }),
    ],
  });
}
