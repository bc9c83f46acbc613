import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { RunMachines } from './run-machines.ts';
import type { Tasks } from './tasks.ts';
import type { AlertTopics } from './topics.ts';

export interface OutputsProps {
  tasks: Tasks;
  machines: RunMachines;
  topics: AlertTopics;
}

/** For people and their scripts, who want to start a task as the state machines do; `holdfast remote` reads it from the machines themselves. */
export function printOutputs(stack: Construct, { tasks, machines, topics }: OutputsProps): void {
  const { network, cluster, log } = tasks;
  const values = {
    Cluster: cluster.clusterName,
    Subnets: network.subnetIds.join(','),
    AssignPublicIp: network.isPublic ? 'ENABLED' : 'DISABLED',
    DatabaseSecurityGroups: network.databaseClients
      .map(({ securityGroupId }) => securityGroupId)
      .join(','),
    VaultSecurityGroup: network.vaultOnly.securityGroupId,
    TaskLog: log.logGroupName,
    RunMachine: machines.run.stateMachineArn,
    DrillMachine: machines.drill.stateMachineArn,
    RereadMachine: machines.reread.stateMachineArn,
    CriticalTopic: topics.critical.topicArn,
    WarningTopic: topics.warning.topicArn,
  };
  for (const [name, value] of Object.entries(values)) new CfnOutput(stack, name, { value });
}
