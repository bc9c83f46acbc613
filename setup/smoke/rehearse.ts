import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Execution } from '../../demo/aws/deployed-stack.ts';
import { ROOT } from '../cdk.ts';
import type { SmokeInstallation } from './installation.ts';
import { SMOKE } from './smoke-config.ts';

export interface Message {
  subject: string;
  text: string;
}

/** What came of each step of the rehearsal. */
export interface Seen {
  execution: string;
  run: Execution;
  drill: Execution;
  broken: Execution;
  /** Everything that the pager got. */
  pages: Message[];
  findings: { verdict: string; plan: string | null; severity: string }[];
  /** Exit status of `holdfast remote check`. */
  remoteStatus: number;
  /** Keys in the vault. */
  keys: string[];
}

/** A backup and its verification, a drill, a run that fails, a plan that nobody starts, and checks. @throws Error where a function fails. */
export async function rehearse(installation: SmokeInstallation, say: (text: string) => void): Promise<Seen> {
  const { deployed, settings } = installation;
  say('a run: backup and verification');
  const execution = await deployed.comesTime(SMOKE.plan);
  const run = await deployed.ended(execution);
  say('a drill');
  const drill = await deployed.ended(await deployed.comesTimeOfDrills(), 'DrillMachine');
  say('a run whose database has no secret');
  const broken = await deployed.ended(await deployed.comesTime(SMOKE.broken));
  say('checks, with a plan that nothing has started');
  await deployed.invoke('check', {});
  await sleep(2000);
  const { findings } = await deployed.invoke<{ findings: Seen['findings'] }>('check', {});
  await deployed.invoke('prune', {});
  say('holdfast remote check');
  const remoteStatus = await remoteCheck(installation.env);
  const pages = await everyPage(installation, settings.isLocal ? 2 : 12);
  return { execution, run, drill, broken, findings, remoteStatus, pages, keys: await deployed.objectsOf(SMOKE.plan) };
}

/** SQS gives some of what it has, and nothing at first. */
async function everyPage({ deployed }: SmokeInstallation, looks: number): Promise<Message[]> {
  const pages: Message[] = [];
  for (let looked = 0; looked < looks; looked += 1) {
    pages.push(...(await deployed.pages()));
    await sleep(1000);
  }
  return pages;
}

function remoteCheck(env: Record<string, string>): Promise<number> {
  const args = [join(ROOT, 'bin/holdfast.ts'), 'remote', 'check', '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error) => resolve(error === null ? 0 : Number(error.code)));
  });
}
