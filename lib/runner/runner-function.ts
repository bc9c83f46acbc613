import { join } from 'node:path';
import type { Duration } from 'aws-cdk-lib';
import type { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { Names } from '../names.ts';
import { encryptedLog } from './log-group.ts';
import { managedRole } from './managed-role.ts';
import { allow } from './statements.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What all functions share. */
export interface FunctionSurroundings {
  names: Names;
  architecture: Architecture;
  key: IKey;
  deadLetters: Queue;
  environment: Record<string, string>;
}

export interface RunnerFunctionProps {
  /** Of its file in lambdas/, and in the function's own name. */
  name: string;
  description: string;
  timeout: Duration;
  memoryMiB: number;
  /** Calls at a time; the account's other functions keep the rest. */
  concurrency: number;
  statements: readonly PolicyStatement[];
  /** Beside that of all functions. */
  environment?: Record<string, string>;
  surroundings: FunctionSurroundings;
}

/** One function: its bundle with the SDK inside, a role of its own, an encrypted log, and a queue for what it fails on each time. */
export class RunnerFunction extends Construct {
  readonly function: NodejsFunction;
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: RunnerFunctionProps) {
    super(scope, id);
    const { name, surroundings } = props;
    const functionName = surroundings.names.of(name);
    const log = encryptedLog(this, 'Log', {
      name: `${surroundings.names.logGroups}/${name}`,
      key: surroundings.key,
    });
    this.role = managedRole(this, 'Role', {
      service: 'lambda.amazonaws.com',
      roleName: functionName,
      description: `${functionName}: ${props.description}`,
      statements: [...props.statements, ...basics(log, surroundings)],
      whyWildcards: 'Streams of its own log; tracing and RDS know no narrower resource.',
    });
    this.function = new NodejsFunction(this, 'Function', {
      functionName,
      description: props.description,
      entry: join(ROOT, 'lambdas', `${name}.ts`),
      runtime: Runtime.NODEJS_24_X,
      architecture: surroundings.architecture,
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      reservedConcurrentExecutions: props.concurrency,
      role: this.role,
      logGroup: log,
      tracing: Tracing.ACTIVE,
      deadLetterQueue: surroundings.deadLetters,
      environment: { ...surroundings.environment, ...props.environment },
      environmentEncryption: surroundings.key,
      projectRoot: ROOT,
      depsLockFilePath: join(ROOT, 'package-lock.json'),
      bundling: BUNDLING,
    });
    acknowledge(
      this.function,
      ['HIPAA.Security-LambdaInsideVPC'],
      'It calls APIs of AWS only, and no database; a VPC would open a way to one.',
    );
  }
}

/** Twice as fast to start as separate files, and the SDK is the one that was tested. */
const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: false,
  mainFields: ['module', 'main'],
  externalModules: ['pg-native'],
  bundleAwsSDK: true,
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
};

/** Its log, its traces, its queue of dead letters, and the key of all three and of its environment. */
function basics(
  { logGroupArn }: LogGroup,
  { deadLetters, key }: FunctionSurroundings,
): PolicyStatement[] {
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroupArn]),
    allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']),
    allow(['sqs:SendMessage'], [deadLetters.queueArn]),
    allow(['kms:GenerateDataKey', 'kms:Decrypt'], [key.keyArn]),
  ];
}
