import { App, CfnResource, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { TrialReplica } from './replica.ts';
import { TrialRuns } from './runs.ts';
import { TrialVault } from './vault.ts';
import { TrialWatch } from './watch.ts';

/** A small app with one of everything that the real one is made of; the variables are what a second deployment changes. */
const {
  TRIAL_ANSWER: answer = 'first',
  TRIAL_EXTRA,
  TRIAL_VPC: vpcId = 'vpc-1',
  TRIAL_SUBNET: subnetId = 'subnet-1',
} = process.env;
const hasExtra = TRIAL_EXTRA === '1';
const app = new App();
const account = '123456789012';

const stack = new Stack(app, 'Trial', {
  env: { account, region: 'us-east-1' },
  crossRegionReferences: true,
});
const vault = new TrialVault(stack, 'Vault', { hasExtra });
const runs = new TrialRuns(stack, 'Runs', { answer, vpcId, subnetId });
new TrialWatch(stack, 'Watch', {
  fn: runs.fn,
  machine: runs.machine,
  trailBucket: vault.logs as IBucket,
  hasExtra,
});

if (process.env.TRIAL_UNKNOWN === '1')
  new CfnResource(stack, 'Unknown', {
    type: 'AWS::Athena::WorkGroup',
    properties: { Name: 'unknown' },
  });

const replica = new TrialReplica(app, 'TrialReplica', {
  env: { account, region: 'us-west-2' },
  crossRegionReferences: true,
  primaryKeyArn: vault.key.keyArn,
});
replica.addStackDependency(stack);
