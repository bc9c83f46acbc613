import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { Names } from '../names.ts';

export interface TaskClusterProps {
  names: Names;
  vpc: IVpc;
}

/** The cluster of the tasks; it costs nothing by itself. */
export function taskCluster(scope: Construct, { names, vpc }: TaskClusterProps): Cluster {
  return new Cluster(scope, 'Cluster', {
    clusterName: names.of('tasks'),
    vpc,
    containerInsightsV2: ContainerInsights.ENABLED,
    enableFargateCapacityProviders: true,
  });
}
