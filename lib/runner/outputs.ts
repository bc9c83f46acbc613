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

/** What `holdfast remote` asks CloudFormation for, to start a task as the state machines do. Families and functions it knows by name. */
export function printOutputs(stack: Construct, { tasks, machines, topics }: OutputsProps): void {
  const { network, cluster, log } = tasks;
  const values = {
    Cluster: cluster.clusterName,
    Subnets: network.subnetIds.join(','),
    AssignPublicIp: network.isPublic ? 'ENABLED' : 'DISABLED',
    DatabaseSecurityGroups: network.databaseClients.map(({ securityGroupId }) => securityGroupId).join(','),
    VaultSecurityGroup: network.vaultOnly.securityGroupId,
    TaskLog: log.logGroupName,
    RunMachine: machines.run.stateMachineArn,
    DrillMachine: machines.drill.stateMachineArn,
    CriticalTopic: topics.critical.topicArn,
    WarningTopic: topics.warning.topicArn,
  };
  for (const [name, value] of Object.entries(values)) new CfnOutput(stack, name, { value });
}
