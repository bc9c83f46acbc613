import { styleText } from 'node:util';
import { announcement } from './announcement.ts';
import { identify } from './identity.ts';
import { install } from './installation.ts';
import { proveAll } from './ledger.ts';
import type { Outcome, Proven } from './proof.ts';
import { Refusal } from './refusal.ts';
import { rehearse } from './rehearse.ts';
import { type Remains, removeAll } from './removal.ts';
import { sdkCall } from './sdk-call.ts';
import { readSettings } from './settings.ts';

/** `npm run smoke:aws`: deploys into the caller's account, lets everything happen once, and goes through docs/NOT-YET-PROVEN.md. */
async function main(): Promise<number> {
  const settings = readSettings(process.env);
  const call = sdkCall(settings);
  const identity = await identify(call, settings.account);
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  const [project, bucket] = [`smoke-${stamp}`, `holdfast-smoke-${stamp}-${identity.account}`];
  say(announcement({ settings, identity, project, bucket }));
  const remains: Remains = { call, settings, identity, project, bucket, database: undefined };
  try {
    return await Promise.race([prove(remains), interruption()]);
  } finally {
    await cleanUp(remains);
  }
}

async function prove(remains: Remains): Promise<number> {
  const installation = await install({ ...remains, say, made: remains });
  const seen = await rehearse(installation, say);
  heading('docs/NOT-YET-PROVEN.md, line by line');
  return statusOf(await proveAll({ ...installation, seen }, { told: show }));
}

/** What was made so far is removed then. */
function interruption(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Refusal(`ended by ${signal}`)));
  });
}

async function cleanUp(remains: Remains): Promise<void> {
  heading('What was made');
  const { project, bucket, settings } = remains;
  if (settings.isKept)
    return say(`stays, because HOLDFAST_SMOKE_KEEP=1: everything named ${project}, and buckets that begin with ${bucket}`);
  const stays = await removeAll(remains, say);
  say(styleText('bold', 'What stays:'));
  for (const one of stays) say(`  ${one}`);
}

function statusOf(all: readonly Proven[]): number {
  const count = (wanted: Outcome) => all.filter(({ outcome }) => outcome === wanted).length;
  say(`\n${count('proven')} proven, ${count('in part')} in part, ${count('not proven')} not proven, ${count('skipped')} skipped`);
  return count('not proven') === 0 ? 0 : 1;
}

const COLOURS = { proven: 'green', 'in part': 'green', 'not proven': 'red', skipped: 'yellow' } as const satisfies Record<Outcome, string>;

function show({ about, outcome, why }: Proven): void {
  say(`${styleText(COLOURS[outcome], outcome.padEnd(10))}  ${about}\n            ${why}`);
}

function heading(text: string): void {
  say(`\n${styleText(['bold', 'cyan'], text)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
