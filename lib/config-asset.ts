import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AssetStaging,
  Aws,
  type FileAssetLocation,
  FileAssetPackaging,
  FileSystem,
  Stack,
} from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ResolvedConfig } from '../engine/config/resolved-config.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import type { Names } from './names.ts';

export interface ConfigAssetProps {
  names: Names;
  resolved: ResolvedConfig;
}

/** The resolved config as one object in the bucket of `cdk bootstrap`: environments of tasks and Lambdas are too small for it. */
export class ConfigAsset extends Construct {
  readonly #location: FileAssetLocation;
  /** Of the key of each deployment's config. */
  readonly #prefix: string;

  constructor(scope: Construct, { names, resolved }: ConfigAssetProps) {
    super(scope, 'Config');
    const folder = FileSystem.mkdtemp('holdfast-');
    const sourcePath = join(folder, 'config.json');
    writeFileSync(sourcePath, JSON.stringify(resolved));
    const staged = new AssetStaging(this, 'Asset', { sourcePath });
    rmSync(folder, { recursive: true });
    const stack = Stack.of(this);
    this.#prefix = names.of('config-');
    this.#location = stack.synthesizer.addFileAsset({
      packaging: FileAssetPackaging.FILE,
      sourceHash: `${this.#prefix}${staged.assetHash}`,
      fileName: staged.relativeStagedPath(stack),
    });
  }

  /** For HOLDFAST_CONFIG_URI. */
  get uri(): string {
    return this.#location.s3ObjectUrl;
  }

  /** Of the config of this deployment and of those before: what began with an earlier one goes on with it. */
  grantRead(role: IRole): void {
    const bucket = `arn:${Aws.PARTITION}:s3:::${this.#location.bucketName}`;
    const configs = `${bucket}/${this.#prefix}*.json`;
    const statements = [
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [configs] }),
      opens([bucket, configs]),
    ];
    const policy = new ManagedPolicy(role, 'Config', { statements, roles: [role] });
    acknowledgeWildcards(policy, {
      statements,
      reason: 'Each deployment has a config of its own, and runs outlive deployments.',
    });
  }
}

/** Where `cdk bootstrap` was told a key of the account's own; S3 names the object to it, or with a bucket key the bucket. */
function opens(arns: string[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [`arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/*`],
    conditions: {
      StringEquals: { 'kms:ViaService': `s3.${Aws.REGION}.amazonaws.com` },
      StringLike: { 'kms:EncryptionContext:aws:s3:arn': arns },
    },
  });
}
