import { join } from 'node:path';
import { CfnOutput, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import { SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  Cluster,
  ContainerImage,
  FargateTaskDefinition,
  LogDrivers,
  Secret as TaskSecret,
} from 'aws-cdk-lib/aws-ecs';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { definitionOf } from './machine.ts';

interface TrialRunsProps {
  answer: string;
  vpcId: string;
  subnetId: string;
}

/** A machine that maps over items, runs a task for each and calls a function; a topic with a subscriber. */
export class TrialRuns extends Construct {
  readonly fn: NodejsFunction;
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, { answer, vpcId, subnetId }: TrialRunsProps) {
    super(scope, id);
    const topic = this.#makeTopic();
    this.fn = this.#makeFunction(answer, topic);
    topic.grantPublish(this.fn);
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId,
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: [subnetId],
    });
    const cluster = new Cluster(this, 'Cluster', { vpc });
    const securityGroup = new SecurityGroup(this, 'Tasks', { vpc });
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromString(
        definitionOf({
          cluster: cluster.clusterArn,
          task: this.#makeTask(answer).taskDefinitionArn,
          absent: this.#makeAbsentTask().taskDefinitionArn,
          fn: this.fn.functionArn,
          subnet: Subnet.fromSubnetId(this, 'Subnet', subnetId).subnetId,
          securityGroup: securityGroup.securityGroupId,
        }),
      ),
    });
    new CfnOutput(Stack.of(this), 'MachineArn', { value: this.machine.stateMachineArn });
    new CfnOutput(Stack.of(this), 'FunctionName', { value: this.fn.functionName });
    new CfnOutput(Stack.of(this), 'TopicArn', { value: topic.topicArn });
    new CfnOutput(Stack.of(this), 'ClusterArn', { value: cluster.clusterArn });
  }

  #makeTopic(): Topic {
    const topic = new Topic(this, 'Topic', { enforceSSL: true });
    const queue = new Queue(this, 'Subscriber');
    const filterPolicy = { severity: SubscriptionFilter.stringFilter({ allowlist: ['critical'] }) };
    topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
    topic.addSubscription(new SqsSubscription(new Queue(this, 'Critical'), { filterPolicy }));
    new CfnOutput(Stack.of(this), 'QueueUrl', { value: queue.queueUrl });
    return topic;
  }

  #makeFunction(answer: string, topic: Topic): NodejsFunction {
    const deadLetterQueue = new Queue(this, 'DeadLetters');
    new CfnOutput(Stack.of(this), 'DeadLettersUrl', { value: deadLetterQueue.queueUrl });
    return new NodejsFunction(this, 'Function', {
      entry: join(import.meta.dirname, 'handler.ts'),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(20),
      environment: { ANSWER: answer, TOPIC: topic.topicArn },
      deadLetterQueue,
      bundling: { format: OutputFormat.ESM, mainFields: ['module', 'main'], externalModules: [] },
    });
  }

  #makeTask(answer: string): FargateTaskDefinition {
    const logGroup = new LogGroup(this, 'TaskLog', { retention: RetentionDays.ONE_MONTH });
    const secret = new Secret(this, 'Password', {
      secretObjectValue: { password: SecretValue.unsafePlainText('from a secret') },
    });
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: 512,
      memoryLimitMiB: 1024,
      ephemeralStorageGiB: 30,
    });
    task.addContainer('program', {
      image: ContainerImage.fromAsset(join(import.meta.dirname, 'image')),
      environment: { GREETING: 'hello', ANSWER: answer },
      secrets: { PASSWORD: TaskSecret.fromSecretsManager(secret as ISecret, 'password') },
      stopTimeout: Duration.seconds(5),
      logging: LogDrivers.awsLogs({ logGroup, streamPrefix: 'task' }),
    });
    new CfnOutput(Stack.of(this), 'TaskLogGroup', { value: logGroup.logGroupName });
    return task;
  }

  #makeAbsentTask(): FargateTaskDefinition {
    const task = new FargateTaskDefinition(this, 'Absent');
    task.addContainer('absent', {
      image: ContainerImage.fromRegistry('registry.invalid/absent:1'),
    });
    return task;
  }
}
