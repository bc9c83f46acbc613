import { join } from 'node:path';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage, CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { AwsConfig } from '../../engine/config/aws-schema.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What the image is built from. Everything else would change its hash, and with it every task definition, at each edit of a page. */
const INGREDIENTS = ['task/Dockerfile', 'task/image', 'dist/task.js'];

export interface TaskImage {
  image: ContainerImage;
  /** The repository it is pulled from. */
  repositoryArn: string;
}

/** The image of every task, built by whoever deploys; synth only takes its files. */
export function taskImage(scope: Construct, { processor }: { processor: Processor }): TaskImage {
  const asset = new DockerImageAsset(scope, 'Image', {
    directory: ROOT,
    file: 'task/Dockerfile',
    platform: processor === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    exclude: ['*', ...INGREDIENTS.map((path) => `!${path}`)],
  });
  return {
    image: ContainerImage.fromDockerImageAsset(asset),
    repositoryArn: asset.repository.repositoryArn,
  };
}

export type Processor = NonNullable<AwsConfig['tasks']['architecture']>;

/** Where nothing else is said: images are built fastest, and without emulation, for the machine that builds them. */
export function processorOf({ architecture }: AwsConfig['tasks']): Processor {
  return architecture ?? (process.arch === 'arm64' ? 'arm64' : 'x86_64');
}

export const CPU: Readonly<Record<Processor, CpuArchitecture>> = {
  arm64: CpuArchitecture.ARM64,
  x86_64: CpuArchitecture.X86_64,
};
export const FUNCTION_CPU: Readonly<Record<Processor, Architecture>> = {
  arm64: Architecture.ARM_64,
  x86_64: Architecture.X86_64,
};
