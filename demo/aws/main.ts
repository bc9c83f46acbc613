import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, styleText } from 'node:util';
import { DeployedClinic } from './deployed-clinic.ts';

const PLANS = { nightly: { schedule: '0 2 * * *', keep: '90d' } };
const HOLDFAST = join(import.meta.dirname, '../../bin/holdfast.ts');
const runFile = promisify(execFile);

interface Finding {
  severity: string;
  verdict: string;
}

/** Nothing starts this one, so that it is late at once. */
const FORGOTTEN = { ...PLANS, forgotten: { maxAge: '1s', keep: '90d' } };

/** `npm run demo:aws`: the real stack, deployed by the real `cdk deploy` into a local AWS, does its whole job. Nothing leaves this machine. */
async function main(): Promise<void> {
  const beganAt = Date.now();
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(signal)));
  say(
    styleText(
      'bold',
      'Holdfast: `cdk deploy`, and from then on backups that are verified and alerts when one is not as it should be.',
    ),
  );
  heading(1, 'cdk bootstrap and cdk deploy --all, four stacks in two regions of a local AWS');
  const deployed = await DeployedClinic.start({
    signal: controller.signal,
    say: quiet,
    plans: PLANS,
  });
  try {
    proves(`deployed, with outputs of ${Object.keys(deployed.outputs).join(', ')}`);
    await backUp(deployed);
    await loseRows(deployed);
    await killDatabase(deployed);
    await forgetPlan(deployed);
  } finally {
    await deployed.stop();
  }
  say(
    `\nDone in ${((Date.now() - beganAt) / 1000).toFixed(0)} s; the local AWS is gone. What it can't show: docs/NOT-YET-PROVEN.md.`,
  );
}

async function backUp(deployed: DeployedClinic): Promise<void> {
  heading(2, 'The schedule starts plan nightly');
  const execution = await deployed.comesTime('nightly');
  const { status, output } = await deployed.ended(execution);
  say(`execution ${execution}: ${status}`);
  say(JSON.stringify((output as { results?: unknown } | undefined)?.results));
  for (const key of await deployed.objectsOf('nightly')) say(`  s3://clinic-vault/${key}`);
  proves(
    'one task dumped the database, encrypted the dump with KMS and stored it; a task with another role read it back and stored checked-…',
  );
}

async function loseRows(deployed: DeployedClinic): Promise<void> {
  heading(3, 'Somebody empties the largest table; the schedule starts the plan again');
  await deployed.clinic.query('TRUNCATE vitals_samples');
  const lost = await runAt(deployed, secondsFromNow(1));
  await showPages(deployed);
  const before = await showCheck(deployed);
  const sets = (await deployed.objectsOf('nightly')).filter((key) => key.includes('/suspect-'));
  await accept(deployed, sets.at(-1)?.split('/')[2] ?? '');
  const afterwards = await showCheck(deployed);
  const next = await runAt(deployed, secondsFromNow(2));
  await showPages(deployed);
  const isNoticed = lost === 'FAILED' && before.includes('frozen');
  const isAccepted = next === 'SUCCEEDED' && !afterwards.includes('frozen');
  if (!isNoticed || !isAccepted) throw new Error('the lost rows were not noticed, or not accepted');
  proves(
    'the backup was readable, but rows were missing (shrunk): it did not count, and retention released nothing older (frozen). After a person accepted it, it counts and retention goes on',
  );
}

/** The command of a person who knows that the rows were meant to go. */
async function accept(deployed: DeployedClinic, id: string): Promise<void> {
  const key = 'alias/holdfast-clinic';
  const reason = 'the samples moved to the archive';
  say(`$ HOLDFAST_KMS_KEY=${key} holdfast accept ${id} --reason "${reason}"`);
  const command = [HOLDFAST, 'accept', id, '--reason', reason];
  const { stdout } = await runFile(process.execPath, command, {
    env: { ...process.env, ...deployed.env, HOLDFAST_KMS_KEY: key },
  });
  say(stdout.trim().replace(/^/gm, '  '));
}

async function runAt(deployed: DeployedClinic, at: Date): Promise<string> {
  const execution = await deployed.comesTime('nightly', at);
  const { status, error } = await deployed.ended(execution);
  say(`execution ${execution}: ${status}${error === undefined ? '' : ` (${error})`}`);
  return status;
}

/** What the check of the stack finds and sends. */
async function showCheck(deployed: DeployedClinic): Promise<string[]> {
  const { findings } = await deployed.invoke<{ findings: Finding[] }>('check', {});
  const list = findings.map(({ verdict, severity }) => `${verdict} (${severity})`).join(', ');
  say(`the check of the stack finds: ${list}`);
  await showPages(deployed);
  return findings.map(({ verdict }) => verdict);
}

function secondsFromNow(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}

async function killDatabase(deployed: DeployedClinic): Promise<void> {
  heading(4, 'The database stops; the schedule starts the plan again');
  await deployed.clinic.stop();
  await runAt(deployed, secondsFromNow(3));
  await showPages(deployed);
  proves(
    'Holdfast tried three times, then sent one alert: what failed, which backup is still safe, what to type',
  );
}

async function forgetPlan(deployed: DeployedClinic): Promise<void> {
  heading(5, 'A plan that no schedule starts is deployed into the running stack; the check runs');
  await deployed.deploy(FORGOTTEN);
  await deployed.invoke('check', {}); // from now on the plan is expected
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  say(JSON.stringify(await deployed.invoke('check', {})));
  await showPages(deployed);
  proves(
    'a backup that was never taken is an alert too: the check reads the vault and does not rely on what a job reports',
  );
}

async function showPages(deployed: DeployedClinic): Promise<void> {
  for (const { subject, text } of await deployed.pages()) {
    say(styleText('yellow', `alert received: ${subject}`));
    const { body = text } = parsed(text);
    say(body.replace(/^/gm, '  │ '));
  }
}

/** The message is JSON for programs, with the text for people in it. */
function parsed(text: string): { body?: string } {
  try {
    const { text: body } = JSON.parse(text) as { text?: string };
    return body === undefined ? {} : { body };
  } catch {
    return {};
  }
}

function heading(number: number, title: string): void {
  say(`\n${styleText(['bold', 'cyan'], `${number}/5  ${title}`)}`);
}

function proves(what: string): void {
  say(styleText('green', `→ ${what}`));
}

/** Four stacks have hundreds of events. */
function quiet(text: string): void {
  for (const line of text.split('\n')) if (/✅|fetching|installing/.test(line)) say(line.trim());
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
