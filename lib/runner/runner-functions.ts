import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import type { ConfigAsset } from '../config-asset.ts';
import type { VaultAccess } from '../vault-access.ts';
import { type FunctionSubjects, looksAtRds, startsMachines, tells } from './function-roles.ts';
import { type FunctionSurroundings, RunnerFunction } from './runner-function.ts';

export const FUNCTION_NAMES = ['start-run', 'record-outcome', 'notify-failure', 'check', 'prune', 'watch-recovery-point'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export interface RunnerFunctionsProps {
  surroundings: FunctionSurroundings;
  subjects: FunctionSubjects;
  access: VaultAccess;
  config: ConfigAsset;
}

interface Character {
  description: string;
  timeout: Duration;
  memoryMiB: number;
  concurrency: number;
  statements: PolicyStatement[];
  vault: 'grantRecords' | 'grantCheck' | 'grantPrune';
}

/** Lambda's own limit. */
const LONGEST = Duration.minutes(15);

/** All functions, each with a role of its own. */
export class RunnerFunctions extends Construct {
  readonly all: Readonly<Record<FunctionName, NodejsFunction>>;

  constructor(scope: Construct, id: string, props: RunnerFunctionsProps) {
    super(scope, id);
    const made = Object.entries(characters(props.subjects)).map(([name, character]) => [name, this.#make(name, character, props)]);
    this.all = Object.fromEntries(made) as Record<FunctionName, NodejsFunction>;
  }

  #make(name: string, { vault, ...character }: Character, { surroundings, config, access }: RunnerFunctionsProps): NodejsFunction {
    const made = new RunnerFunction(this, name, { name, ...character, surroundings });
    config.grantRead(made.role);
    access[vault](made.role);
    return made.function;
  }
}

function characters(subjects: FunctionSubjects): Record<FunctionName, Character> {
  const short = { timeout: Duration.minutes(2), memoryMiB: 512 };
  const long = { timeout: LONGEST, memoryMiB: 1024, concurrency: 1 };
  const { concurrency } = subjects.installation.aws.tasks;
  return {
    'start-run': {
      ...short,
      description: 'starts the run of a plan, or the drills',
      concurrency: 5,
      statements: [...startsMachines(subjects), ...tells(subjects)],
      vault: 'grantRecords',
    },
    'record-outcome': {
      ...short,
      description: 'finds out what came of a task',
      concurrency: concurrency + 2,
      statements: [],
      vault: 'grantRecords',
    },
    'notify-failure': {
      ...short,
      description: 'tells what failed',
      concurrency: 5,
      statements: tells(subjects),
      vault: 'grantRecords',
    },
    check: {
      ...long,
      description: 'judges every plan by what lies in the vault',
      statements: tells(subjects),
      vault: 'grantCheck',
    },
    prune: {
      ...long,
      description: 'lets go what retention releases, and locks the rest',
      statements: tells(subjects),
      vault: 'grantPrune',
    },
    'watch-recovery-point': {
      ...short,
      description: 'watches how far back RDS could recover',
      concurrency: 1,
      statements: [...looksAtRds(), ...tells(subjects)],
      vault: 'grantRecords',
    },
  };
}
