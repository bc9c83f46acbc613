import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const ROOT = join(import.meta.dirname, '..');
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');

/** Outputs by stack. */
export type Outputs = Record<string, Record<string, string>>;

export interface CdkOptions {
  /** The CDK app, a TypeScript file; the one of cdk.json unless named. */
  app?: string | undefined;
  env: Record<string, string>;
  say: (text: string) => void;
  /** Ends the CDK; what CloudFormation has begun goes on. */
  signal?: AbortSignal | undefined;
}

/** Bootstraps regions of an account, each by itself. */
export async function cdkBootstrap(
  account: string,
  regions: readonly string[],
  options: CdkOptions,
): Promise<void> {
  await Promise.all(
    regions.map((region) =>
      inFolder((folder) =>
        cdk(['bootstrap', `aws://${account}/${region}`], { ...options, folder }),
      ),
    ),
  );
}

/** Deploys all stacks of the app; again, it updates them. @returns their outputs. */
export function cdkDeploy(options: CdkOptions): Promise<Outputs> {
  return inFolder(async (folder) => {
    const outputs = join(folder, 'outputs.json');
    await cdk(
      [
        'deploy',
        '--all',
        '--require-approval',
        'never',
        '--progress',
        'events',
        '--outputs-file',
        outputs,
      ],
      {
        ...options,
        folder,
      },
    );
    return JSON.parse(await readFile(outputs, 'utf8')) as Outputs;
  });
}

/** Deletes all stacks of the app, those that need others first. @throws Error at the first that can't be deleted. */
export function cdkDestroy(options: CdkOptions): Promise<void> {
  return inFolder((folder) => cdk(['destroy', '--all', '--force'], { ...options, folder }));
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-cdk-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bootstrapping needs no app, and runs where there is none. */
async function cdk(
  [command = '', ...args]: string[],
  { app, env, say, signal, folder }: CdkOptions & { folder: string },
): Promise<void> {
  const chosen = app === undefined || command === 'bootstrap' ? [] : ['--app', `node ${app}`];
  const place = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: '1',
  };
  const cwd = command === 'bootstrap' ? folder : ROOT;
  const options = {
    cwd,
    env: { ...process.env, ...place, ...env },
    maxBuffer: 1 << 26,
    ...(signal === undefined ? {} : { signal }),
  };
  const output = ['--output', join(folder, 'cdk.out')];
  const running = run(
    process.execPath,
    [CDK, command, ...args, ...chosen, ...output, '--no-notices'],
    options,
  );
  const ended = new Promise((resolve) => running.child.once('close', resolve));
  try {
    say((await running).stdout);
  } catch (error) {
    await ended;
    signal?.throwIfAborted();
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`cdk ${command} failed:\n${stdout}\n${stderr}`);
  }
}
