import { Aws } from 'aws-cdk-lib';
import {
  CfnVPCEndpoint,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Installation } from '../installation.ts';

/** What tasks ask for where there is no way out of their subnets; S3 has a gateway. */
export const INTERFACES = ['ecr.api', 'ecr.dkr', 'kms', 'logs', 'secretsmanager', 'sts'];

export interface TaskNetworkProps {
  installation: Installation;
}

/** Where tasks run: an imported VPC by ids alone, so that synth asks AWS for nothing. */
export class TaskNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnetIds: readonly string[];
  readonly isPublic: boolean;
  /** Of tasks that log in to a database. */
  readonly databaseClients: readonly ISecurityGroup[];
  /** Of tasks that have the vault only; they reach nothing but port 443, and AWS alone where the subnets have no other way out. */
  readonly vaultOnly: ISecurityGroup;

  constructor(scope: Construct, id: string, { installation }: TaskNetworkProps) {
    super(scope, id);
    const { network } = installation.aws;
    const { project } = installation.config;
    this.vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: network.vpcId,
      availabilityZones: network.availabilityZones,
    });
    this.subnetIds = network.subnetIds;
    this.isPublic = network.isPublic;
    this.databaseClients = this.#databaseClients(project, network.securityGroupIds);
    this.vaultOnly = new SecurityGroup(this, 'VaultOnly', {
      vpc: this.vpc,
      description: `Holdfast ${project}: verifications and drills, which see no database`,
      allowAllOutbound: false,
    });
    this.vaultOnly.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'APIs of AWS');
    if (network.endpoints) this.#makeEndpoints(project, network.routeTableIds ?? []);
  }

  #databaseClients(project: string, ids: readonly string[] | undefined): ISecurityGroup[] {
    if (ids !== undefined)
      return ids.map((id, index) =>
        SecurityGroup.fromSecurityGroupId(this, `Given${index + 1}`, id, { mutable: false }),
      );
    return [
      new SecurityGroup(this, 'DatabaseClients', {
        vpc: this.vpc,
        description: `Holdfast ${project}: backups and restores; let it in at your databases`,
        allowAllOutbound: true,
      }),
    ];
  }

  #makeEndpoints(project: string, routeTableIds: readonly string[]): void {
    const { vpcId } = this.vpc;
    const inside = new SecurityGroup(this, 'Endpoints', {
      vpc: this.vpc,
      description: `Holdfast ${project}: endpoints of AWS`,
      allowAllOutbound: false,
    });
    for (const client of [...this.databaseClients, this.vaultOnly])
      inside.addIngressRule(client, Port.tcp(443), 'tasks of Holdfast');
    for (const service of INTERFACES)
      new CfnVPCEndpoint(this, service, {
        vpcId,
        vpcEndpointType: 'Interface',
        serviceName: `com.amazonaws.${Aws.REGION}.${service}`,
        privateDnsEnabled: true,
        subnetIds: [...this.subnetIds],
        securityGroupIds: [inside.securityGroupId],
        policyDocument: onlyThisAccount(),
      });
    new CfnVPCEndpoint(this, 's3', {
      vpcId,
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${Aws.REGION}.s3`,
      routeTableIds: [...new Set(routeTableIds)],
      policyDocument: onlyBucketsOfThisAccount(),
    });
  }
}

/** Credentials of another account carry nothing out. */
function onlyThisAccount(): PolicyDocument {
  return allowing({ 'aws:PrincipalAccount': Aws.ACCOUNT_ID });
}

/** The layers of images come from a bucket of ECR, by signed URLs. */
function onlyBucketsOfThisAccount(): PolicyDocument {
  const policy = allowing({ 'aws:ResourceAccount': Aws.ACCOUNT_ID });
  const layers = `arn:${Aws.PARTITION}:s3:::prod-${Aws.REGION}-starport-layer-bucket/*`;
  policy.addStatements(
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: ['s3:GetObject'],
      resources: [layers],
    }),
  );
  return policy;
}

function allowing(equals: Record<string, string>): PolicyDocument {
  const statement = {
    principals: [new AnyPrincipal()],
    actions: ['*'],
    resources: ['*'],
    conditions: { StringEquals: equals },
  };
  return new PolicyDocument({ statements: [new PolicyStatement(statement)] });
}
