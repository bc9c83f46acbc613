import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Execution } from '../../demo/aws/deployed-stack.ts';
import { ROOT } from '../cdk.ts';
import type { SmokeInstallation } from './installation.ts';
import { pause } from './patience.ts';
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
export async function rehearse(
  installation: SmokeInstallation,
  say: (text: string) => void,
): Promise<Seen> {
  const { deployed, settings, patience } = installation;
  say('a run: backup and verification');
  const execution = await deployed.comesTime(SMOKE.plan);
  const run = await deployed.ended(execution);
  say('a drill');
  const drill = await deployed.ended(await deployed.comesTimeOfDrills(), 'DrillMachine');
  say('a run whose database has no secret');
  const broken = await deployed.ended(await deployed.comesTime(SMOKE.broken));
  say('checks, with a plan that nothing has started');
  await deployed.invoke('check', {});
  await pause(2000, patience.signal);
  const { findings } = await deployed.invoke<{ findings: Seen['findings'] }>('check', {});
  await deployed.invoke('prune', {});
  say('holdfast remote check');
  const remoteStatus = await remoteCheck(installation);
  const pages = await everyPage(installation, settings.isLocal ? 2 : 12);
  return {
    execution,
    run,
    drill,
    broken,
    findings,
    remoteStatus,
    pages,
    keys: await deployed.objectsOf(SMOKE.plan),
  };
}

/** SQS gives some of what it has, and nothing at first. */
async function everyPage(
  { deployed, patience }: SmokeInstallation,
  looks: number,
): Promise<Message[]> {
  const pages: Message[] = [];
  for (let looked = 0; looked < looks; looked += 1) {
    pages.push(...(await deployed.pages()));
    await pause(1000, patience.signal);
  }
  return pages;
}

function remoteCheck({ env, patience: { signal } }: SmokeInstallation): Promise<number> {
  const args = [join(ROOT, 'bin/holdfast.ts'), 'remote', 'check', '--json'];
  const options = { env: { ...process.env, ...env }, ...(signal === undefined ? {} : { signal }) };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error) => {
      if (signal?.aborted) reject(signal.reason);
      else resolve(error === null ? 0 : Number(error.code));
    });
  });
}
