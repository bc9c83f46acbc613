import { Aws, Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface AfterDeployProps {
  functions: Readonly<Record<'check' | 'seal-ledger', IFunction>>;
  deadLetters: Queue;
}

/**
 * Check looks and the ledger is sealed when this stack was deployed: alarms that are new take silence for bad news, and the next time
 * of either may be an hour away. So the config that was deployed is also recorded at once.
 */
export function callAfterDeploy(
  scope: Construct,
  { functions, deadLetters }: AfterDeployProps,
): Rule {
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
    targets: [functions.check, functions['seal-ledger']].map(
      (called) =>
        new LambdaFunction(called, {
          event,
          deadLetterQueue: deadLetters,
          maxEventAge: Duration.hours(1),
          retryAttempts: 10,
        }),
    ),
  });
}
