import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileSystem } from 'aws-cdk-lib';
import { type IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { ResolvedConfig } from '../engine/config/resolved-config.ts';

/** The resolved config as one object in the bucket of `cdk bootstrap`: environments of tasks and Lambdas are too small for it. */
export class ConfigAsset extends Construct {
  readonly #asset: Asset;

  constructor(scope: Construct, resolved: ResolvedConfig) {
    super(scope, 'Config');
    const folder = FileSystem.mkdtemp('holdfast-');
    const path = join(folder, 'config.json');
    writeFileSync(path, JSON.stringify(resolved));
    this.#asset = new Asset(this, 'Asset', { path });
    rmSync(folder, { recursive: true });
  }

  /** For HOLDFAST_CONFIG_URI. */
  get uri(): string {
    return this.#asset.s3ObjectUrl;
  }

  /** Of this very object. */
  grantRead(role: IRole): void {
    const resources = [`${this.#asset.bucket.bucketArn}/${this.#asset.s3ObjectKey}`];
    new ManagedPolicy(role, 'Config', { statements: [new PolicyStatement({ actions: ['s3:GetObject'], resources })], roles: [role] });
  }
}
