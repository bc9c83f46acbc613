import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { STACK_ENV } from '../../engine/contract.ts';
import type { ConfigAsset } from '../config-asset.ts';
import { hasSnapshots } from '../installation.ts';
import { describesSigningKeys } from '../vault/check-statements.ts';
import type { EvidenceAccess } from '../vault/evidence-access.ts';
import type { VaultAccess } from '../vault-access.ts';
import { type FunctionSubjects, looksAtRds, startsMachines, tells } from './function-roles.ts';
import { type FunctionSurroundings, RunnerFunction } from './runner-function.ts';
import {
  copyKeyArn,
  grantTakingSnapshots,
  looksAtSnapshots,
  releasesSnapshots,
  tendsSnapshots,
} from './snapshot-statements.ts';

export const FUNCTION_NAMES = [
  'start-run',
  'record-outcome',
  'notify-failure',
  'check',
  'prune',
  'rds-snapshot',
  'watch-recovery-point',
  'tell-access',
  'seal-ledger',
  'report',
] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export interface RunnerFunctionsProps {
  surroundings: FunctionSurroundings;
  subjects: FunctionSubjects;
  access: VaultAccess;
  evidence: EvidenceAccess;
  config: ConfigAsset;
}

interface Character {
  description: string;
  timeout: Duration;
  memoryMiB: number;
  concurrency: number;
  statements: PolicyStatement[];
  environment?: Record<string, string>;
  /** Undefined for what has nothing to do there. */
  vault: 'grantRecords' | 'grantOutcome' | 'grantCheck' | 'grantPrune' | undefined;
  /** Of the functions that sign. */
  signs?: 'grantLedger' | 'grantReport';
}

/** Lambda's own limit. */
const LONGEST = Duration.minutes(15);

/**
 * 200 databases take 374 MB and 29 s of a whole processor, which a function has from 1,769 MB on (Lambda Developer Guide,
 * "Configure Lambda function memory").
 */
const REPORT_MEMORY_MIB = 2048;

/** All functions, each with a role of its own. */
export class RunnerFunctions extends Construct {
  readonly all: Readonly<Record<FunctionName, NodejsFunction>>;

  constructor(scope: Construct, id: string, props: RunnerFunctionsProps) {
    super(scope, id);
    const made = Object.entries(characters(props)).map(([name, character]) => [
      name,
      this.#make(name, character, props),
    ]);
    this.all = Object.fromEntries(made) as Record<FunctionName, NodejsFunction>;
  }

  #make(
    name: string,
    { vault, signs, ...character }: Character,
    { surroundings, subjects, config, access, evidence }: RunnerFunctionsProps,
  ): NodejsFunction {
    const made = new RunnerFunction(this, name, { name, ...character, surroundings });
    config.grantRead(made.role);
    if (vault !== undefined) access[vault](made.role);
    if (signs !== undefined) evidence[signs](made.role);
    if (name === 'rds-snapshot') grantTakingSnapshots(made.role, subjects.installation);
    return made.function;
  }
}

function characters({
  subjects,
  access,
  evidence,
}: RunnerFunctionsProps): Record<FunctionName, Character> {
  const short = { timeout: Duration.minutes(2), memoryMiB: 512 };
  const long = { timeout: LONGEST, memoryMiB: 1024, concurrency: 1 };
  const { installation } = subjects;
  const { concurrency } = installation.aws.tasks;
  const copyKey = copyKeyArn(installation);
  const { heartbeatUrl } = installation.config;
  return {
    'start-run': {
      ...short,
      timeout: LONGEST,
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
      vault: 'grantOutcome',
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
      statements: [
        ...tells(subjects),
        ...looksAtSnapshots(installation),
        describesSigningKeys(evidence.keys),
      ],
      environment: heartbeatUrl === undefined ? {} : { [STACK_ENV.heartbeatUrl]: heartbeatUrl },
      vault: 'grantCheck',
    },
    prune: {
      ...long,
      description: 'lets go what retention releases, and locks the rest',
      statements: [...tells(subjects), ...releasesSnapshots(installation)],
      vault: 'grantPrune',
    },
    'rds-snapshot': {
      ...long,
      description: 'takes and copies snapshots in RDS, and removes those that prune let go',
      statements: [
        ...tells(subjects),
        ...tendsSnapshots(installation),
        ...(hasSnapshots(installation) ? access.recordsSnapshots() : []),
      ],
      environment: copyKey === undefined ? {} : { [STACK_ENV.snapshotKey]: copyKey },
      vault: undefined,
    },
    'watch-recovery-point': {
      ...short,
      description: 'watches how far back RDS could recover',
      concurrency: 1,
      statements: [...looksAtRds(subjects), ...tells(subjects)],
      vault: 'grantRecords',
    },
    // One at a time: two would tell the same alert twice.
    'tell-access': {
      ...short,
      description: 'tells who else read a backup',
      concurrency: 1,
      statements: tells(subjects),
      vault: undefined,
    },
    'seal-ledger': {
      ...long,
      description: 'seals audit records into the ledger',
      statements: tells(subjects),
      environment: { [STACK_ENV.signingKey]: evidence.keys.ledger.keyArn },
      vault: undefined,
      signs: 'grantLedger',
    },
    report: {
      ...long,
      description: 'writes the evidence of a month',
      memoryMiB: REPORT_MEMORY_MIB,
      statements: tells(subjects),
      environment: { [STACK_ENV.signingKey]: evidence.keys.evidence.keyArn },
      vault: undefined,
      signs: 'grantReport',
    },
  };
}
