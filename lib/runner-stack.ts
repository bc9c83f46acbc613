import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { ResolvedConfig } from '../engine/config/resolved-config.ts';
import { STACK_ENV } from '../engine/contract.ts';
import { ConfigAsset } from './config-asset.ts';
import { HoldfastStack } from './holdfast-stack.ts';
import { drillsAfterBackup, type Installation, regionsOf } from './installation.ts';
import { callAfterDeploy } from './runner/after-deploy.ts';
import { AlarmList } from './runner/alarm-list.ts';
import { alertsTable } from './runner/alerts-table.ts';
import { Backstop } from './runner/backstop.ts';
import { runnerDashboard } from './runner/dashboard.ts';
import { DeadLetters } from './runner/dead-letters.ts';
import { machineArn } from './runner/function-roles.ts';
import { encryptedLog } from './runner/log-group.ts';
import { OperationsKey } from './runner/operations-key.ts';
import { printOutputs } from './runner/outputs.ts';
import { ReadRules } from './runner/read-rules.ts';
import { MACHINES, RunMachines } from './runner/run-machines.ts';
import { RunnerFunctions } from './runner/runner-functions.ts';
import { Schedules } from './runner/schedules.ts';
import { FUNCTION_CPU, processorOf } from './runner/task-image.ts';
import { Tasks } from './runner/tasks.ts';
import { AlertTopics } from './runner/topics.ts';
import { TouchRules } from './runner/touch-rules.ts';
import { watchAlarms } from './runner/watch-alarms.ts';
import { EvidenceAccess, type SigningKeys } from './vault/evidence-access.ts';
import type { VaultAccess } from './vault-access.ts';

export interface RunnerStackProps {
  installation: Installation;
  resolved: ResolvedConfig;
  /** Of the vault. */
  access: VaultAccess;
  envelopeKey: IKey;
  sseKey: IKey;
  signingKeys: SigningKeys;
  /** Alarms know the longest gap of each schedule from then on. */
  now: Date;
}

/** What runs: schedules, state machines, tasks, functions, and whoever watches them. */
export class RunnerStack extends HoldfastStack {
  readonly #props: RunnerStackProps;
  readonly #namespace: string;
  readonly #key: IKey;
  readonly #topics: AlertTopics;
  readonly #deadLetters: DeadLetters;
  readonly #config: ConfigAsset;
  readonly #evidence: EvidenceAccess;

  constructor(scope: Construct, props: RunnerStackProps) {
    const { installation } = props;
    super(scope, {
      installation,
      part: 'Runner',
      description: `Holdfast ${installation.config.project}: runs, drills, alarms`,
    });
    this.#props = props;
    this.#namespace = `Holdfast/${installation.config.project}`;
    this.#key = new OperationsKey(this, 'Operations').key;
    this.#topics = new AlertTopics(this, 'Topics', { installation, key: this.#key });
    this.#deadLetters = new DeadLetters(this, 'DeadLetters', {
      names: installation.names,
      key: this.#key,
    });
    this.#config = new ConfigAsset(this, { names: installation.names, resolved: props.resolved });
    this.#evidence = new EvidenceAccess({
      ...{ installation, region: this.region, sseKey: props.sseKey },
      keys: props.signingKeys,
    });
    const functions = this.#functions();
    const tasks = this.#tasks();
    const machines = this.#machines(tasks, functions);
    this.#schedule(functions);
    this.#watch({ functions, tasks, machines });
    printOutputs(this, { tasks, machines, topics: this.#topics });
  }

  #functions(): RunnerFunctions['all'] {
    const { installation } = this;
    const alerts = alertsTable(this, { names: installation.names, key: this.#key });
    return new RunnerFunctions(this, 'Functions', {
      surroundings: {
        names: installation.names,
        architecture: FUNCTION_CPU[processorOf(installation.aws.tasks)],
        key: this.#key,
        deadLetters: this.#deadLetters.functions,
        environment: this.#functionEnvironment(alerts),
      },
      subjects: { installation, topics: this.#topics, alerts, key: this.#key },
      access: this.#props.access,
      evidence: this.#evidence,
      config: this.#config,
    }).all;
  }

  #tasks(): Tasks {
    const { installation } = this;
    const environment = this.#environment();
    return new Tasks(this, 'Tasks', {
      installation,
      key: this.#key,
      access: this.#props.access,
      evidence: this.#evidence,
      config: this.#config,
      environment,
    });
  }

  #machines({ place, roles }: Tasks, functions: RunnerFunctions['all']): RunMachines {
    const { names, aws } = this.installation;
    return new RunMachines(this, 'Machines', {
      names,
      place,
      concurrency: aws.tasks.concurrency,
      log: encryptedLog(this, 'RunLog', { name: `${names.logGroups}/runs`, key: this.#key }),
      functions: {
        recordOutcome: functions['record-outcome'],
        notifyFailure: functions['notify-failure'],
      },
      roles,
      drillsAfterBackup: drillsAfterBackup(this.installation),
    });
  }

  #schedule(functions: RunnerFunctions['all']): void {
    const deadLetters = this.#deadLetters.schedules;
    new Schedules(this, 'Schedules', {
      installation: this.installation,
      functions,
      deadLetters,
      keyArn: this.#key.keyArn,
    });
  }

  #watch({
    functions,
    tasks,
    machines,
  }: {
    functions: RunnerFunctions['all'];
    tasks: Tasks;
    machines: RunMachines;
  }): void {
    const { installation } = this;
    const [topics, namespace] = [this.#topics, this.#namespace];
    const actions = {
      critical: new SnsAction(topics.critical),
      warning: new SnsAction(topics.warning),
    };
    const alarms = new AlarmList(this, 'Alarms', { names: installation.names, actions });
    watchAlarms(alarms, {
      installation,
      namespace,
      functions,
      deadLetters: this.#deadLetters,
      topics,
      now: this.#props.now,
    });
    callAfterDeploy(this, { functions, deadLetters: this.#deadLetters.functions });
    runnerDashboard(this, {
      installation,
      namespace,
      alarms,
      machines: machines.all,
      functions: Object.values(functions),
    });
    new Backstop(this, 'Backstop', {
      machineArns: machines.all.map(({ stateMachineArn }) => stateMachineArn),
      clusterArn: tasks.cluster.clusterArn,
      notifyFailure: functions['notify-failure'],
      deadLetters: this.#deadLetters.functions,
    });
    new ReadRules(this, 'Reads', {
      installation,
      envelopeKeyArn: this.#props.envelopeKey.keyArn,
      tellAccess: functions['tell-access'],
      deadLetters: this.#deadLetters.functions,
    });
    new TouchRules(this, 'Touches', {
      installation,
      keyArns: this.#guardedKeys().map(({ keyArn }) => keyArn),
      deployerArns: regionsOf(installation).map((region) => this.deployerArnIn(region)),
      topics,
    });
  }

  #guardedKeys(): IKey[] {
    const { envelopeKey, sseKey, signingKeys } = this.#props;
    return [envelopeKey, sseKey, signingKeys.ledger, signingKeys.evidence, this.#key];
  }

  /** Of tasks and functions alike; what is longer stands in the config, and what is secret in Secrets Manager. */
  #environment(): Record<string, string> {
    return {
      [STACK_ENV.configUri]: this.#config.uri,
      [STACK_ENV.vault]: this.installation.names.vaultBucket,
      [STACK_ENV.kmsKey]: this.#props.envelopeKey.keyArn,
      [STACK_ENV.metricsNamespace]: this.#namespace,
    };
  }

  #functionEnvironment(alerts: Table): Record<string, string> {
    const { names } = this.installation;
    return {
      ...this.#environment(),
      [STACK_ENV.topicCritical]: this.#topics.critical.topicArn,
      [STACK_ENV.topicWarning]: this.#topics.warning.topicArn,
      [STACK_ENV.alertsTable]: alerts.tableName,
      [STACK_ENV.stateMachine]: machineArn(names.of(MACHINES.run)),
      [STACK_ENV.drillStateMachine]: machineArn(names.of(MACHINES.drill)),
      [STACK_ENV.rereadStateMachine]: machineArn(names.of(MACHINES.reread)),
    };
  }
}
