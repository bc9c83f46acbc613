import { styleText } from 'node:util';
import { DeployedClinic } from './deployed-clinic.ts';

const PLANS = { nightly: { schedule: '0 2 * * *', keep: '90d' } };
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
      'Holdfast: `cdk deploy`, and from then on backups that are proven and a pager that rings.',
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
  heading(2, 'The time of plan nightly comes');
  const execution = await deployed.comesTime('nightly');
  const { status, output } = await deployed.ended(execution);
  say(`execution ${execution}: ${status}`);
  say(JSON.stringify((output as { results?: unknown } | undefined)?.results));
  for (const key of await deployed.objectsOf('nightly')) say(`  s3://clinic-vault/${key}`);
  proves(
    'a task dumped, encrypted for KMS and stored create-only; another role read it back: checked-… is its word',
  );
}

async function killDatabase(deployed: DeployedClinic): Promise<void> {
  heading(3, 'The database dies, and the next time comes');
  await deployed.clinic.stop();
  const execution = await deployed.comesTime('nightly', new Date(Date.now() + 1000));
  const { status, error } = await deployed.ended(execution);
  say(`execution ${execution}: ${status}${error === undefined ? '' : ` (${error})`}`);
  await showPages(deployed);
  proves(
    'tried again for a while, then one alert on the critical topic: what, what is still safe, what to type',
  );
}

async function forgetPlan(deployed: DeployedClinic): Promise<void> {
  heading(4, 'A plan that nothing starts, deployed into the living stack; the check runs');
  await deployed.deploy(FORGOTTEN);
  await deployed.invoke('check', {}); // from now on the plan is expected
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  say(JSON.stringify(await deployed.invoke('check', {})));
  await showPages(deployed);
  proves(
    'a backup that does not come is an alert too, read from the vault and not from what a job says of itself',
  );
}

async function showPages(deployed: DeployedClinic): Promise<void> {
  for (const { subject, text } of await deployed.pages()) {
    say(styleText('yellow', `pager: ${subject}`));
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
  say(`\n${styleText(['bold', 'cyan'], `${number}/4  ${title}`)}`);
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
