import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { motoPython } from './moto.ts';

/** `node setup/lint-templates.ts` has cfn-lint, which comes with moto, judge what `npm run synth:example` wrote. */
const FOLDER = join(import.meta.dirname, '../cdk.out');

/** Of the CDK: a dependency that CloudFormation would see by itself. */
const IGNORED = ['W3005'];

const program = join(dirname(await motoPython(console.error)), 'cfn-lint');
const templates = (await readdir(FOLDER))
  .filter((name) => name.endsWith('.template.json'))
  .map((name) => join(FOLDER, name));
const args = [
  '--ignore-checks',
  ...IGNORED,
  '--regions',
  ...(await regionsOf()),
  '--template',
  ...templates,
];
const { status } = spawnSync(program, args, { stdio: 'inherit' });
if (status === 0) console.error(`cfn-lint: nothing to say about ${templates.length} templates`);
process.exitCode = status ?? 1;

async function regionsOf(): Promise<string[]> {
  const { artifacts } = JSON.parse(
    await readFile(join(FOLDER, 'manifest.json'), 'utf8'),
  ) as Manifest;
  const places = Object.values(artifacts).map(({ environment }) => environment?.split('/').at(-1));
  return [...new Set(places.filter((region) => region !== undefined))];
}

interface Manifest {
  /** `aws://123456789012/eu-central-1` */
  artifacts: Record<string, { environment?: string }>;
}
