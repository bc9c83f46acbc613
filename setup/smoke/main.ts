import { styleText } from 'node:util';
import { announcement } from './announcement.ts';
import { identify } from './identity.ts';
import { type InstallParts, install } from './installation.ts';
import { proveAll } from './ledger.ts';
import type { Outcome, Proven } from './proof.ts';
import { Refusal } from './refusal.ts';
import { rehearse } from './rehearse.ts';
import { type Remains, removeAll } from './removal.ts';
import { sdkCall, stoppable } from './sdk-call.ts';
import { readSettings, type Settings } from './settings.ts';

/** `npm run smoke:aws`: deploys into the caller's account, lets everything happen once, and goes through docs/NOT-YET-PROVEN.md. */
async function main(): Promise<number> {
  const settings = readSettings(process.env);
  const call = sdkCall(settings);
  const identity = await identify(call, settings.account);
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase();
  const [project, bucket] = [`smoke-${stamp}`, `holdfast-smoke-${stamp}-${identity.account}`];
  say(announcement({ settings, identity, project, bucket }));
  const signal = interruption();
  const patience = { pollMs: settings.isLocal ? 200 : 10_000, minuteMs: 60_000 };
  try {
    const stops = { call: stoppable(call, signal), patience: { ...patience, signal } };
    return await prove({ ...stops, settings, identity, project, bucket, say });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await cleanUp({ call, settings, project, bucket, patience });
  }
}

async function prove(parts: InstallParts): Promise<number> {
  const installation = await install(parts);
  const seen = await rehearse(installation, say);
  heading('docs/NOT-YET-PROVEN.md, line by line');
  return statusOf(await proveAll({ ...installation, seen }, { told: show }));
}

/** All that goes on ends by it, and what was made so far is removed then; a second signal ends that too. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Refusal(`ended by ${signal}`)));
  return controller.signal;
}

async function cleanUp(remains: Remains & { settings: Settings }): Promise<void> {
  heading('What was made');
  const { project, bucket, settings } = remains;
  if (settings.isKept)
    return say(
      `stays, because HOLDFAST_SMOKE_KEEP=1: everything named ${project}, and buckets that begin with ${bucket}`,
    );
  const stays = await removeAll(remains, say);
  say(styleText('bold', 'What stays:'));
  for (const one of stays) say(`  ${one}`);
}

function statusOf(all: readonly Proven[]): number {
  const count = (wanted: Outcome) => all.filter(({ outcome }) => outcome === wanted).length;
  say(
    `\n${count('proven')} proven, ${count('in part')} in part, ${count('not proven')} not proven, ${count('skipped')} skipped`,
  );
  return count('not proven') === 0 ? 0 : 1;
}

const COLOURS = {
  proven: 'green',
  'in part': 'green',
  'not proven': 'red',
  skipped: 'yellow',
} as const satisfies Record<Outcome, string>;

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
