import { encodeName } from '../key.ts';
import { awsOptions, type Command, holdfast, line, shell } from './commands.ts';
import { lookFirst } from './data-scenarios.ts';
import type { PlanFacts, RepositoryFacts, RunbookFacts } from './facts.ts';
import { codeSpan } from './markdown.ts';
import { type Scenario, type Step, step } from './scenario.ts';
import { shellWord } from './shell-words.ts';

/** The machine that runs Holdfast is lost, or Holdfast can not be had any more. */
export function programLost(facts: RunbookFacts): Scenario {
  return {
    id: 'holdfast-gone',
    title: 'Holdfast is gone',
    signs: `The machine ${codeSpan(facts.host)} is lost, or the program does not start any more.`,
    steps: [
      step(
        "Take another machine (Debian or Ubuntu with Node.js 20 or newer, npm and git; macOS with Node.js 24) and PostgreSQL's client programs. Install Holdfast from your copy of its source:",
        [line('npm ci && npm pack'), line('sudo npm install --global ./holdfast-*.tgz')],
      ),
      bringBack(facts),
      ...environmentAgain(facts),
      step('Does everything answer? Nothing is written by these:', [
        holdfast(facts, 'doctor'),
        holdfast(facts, 'list'),
      ]),
      lookFirst(facts),
      startAgain(facts),
      ...withoutHoldfast(facts),
    ],
  };
}

/** The stack starts its own runs; a schedule on this machine would take its backups twice. */
function startAgain(facts: RunbookFacts): Step {
  const { stack, databases } = facts;
  const isAllInStack =
    stack !== null &&
    databases.every(({ plans }) =>
      plans.every(({ repositories }) => repositories.every((name) => name === stack.vault)),
    );
  const first = 'Now go on with "The server is lost" if that is gone too.';
  if (isAllInStack)
    return step(
      `${first} Nothing has to be started here: the stack takes, verifies and drills backups in AWS by itself.`,
    );
  return step(`${first} Otherwise start the schedule here, and only here:`, [
    holdfast(facts, 'schedule', '--install'),
  ]);
}

function bringBack(facts: RunbookFacts): Step {
  const { config, keys, stack } = facts;
  const paths = [
    ...(config.path === null ? [] : [`${codeSpan(config.path)}: the config`]),
    ...(config.envFile === null ? [] : [`${codeSpan(config.envFile)}: the env file, mode 600`]),
    ...(keys.keyFile === null
      ? []
      : [`${codeSpan(keys.keyFile)}: the key, mode 600; never make a new one`]),
    ...(stack === null
      ? []
      : [`AWS credentials of the account of the stack, which may use ${codeSpan(stack.keyAlias)}`]),
    ...(keys.kms === null ? [] : [`AWS credentials that may use the key ${codeSpan(keys.kms)}`]),
    ...(keys.breakGlass === null || keys.breakGlass === 'inline'
      ? []
      : [`${codeSpan(keys.breakGlass)}: the public half of the break-glass pair`]),
    '`~/.pgpass`, mode 600: the passwords of the databases',
    ...facts.repositories.flatMap(({ name, location, store }) =>
      store.kind === 'folder'
        ? [`${codeSpan(location)}: mount the disk of the repository ${codeSpan(name)} here`]
        : [],
    ),
  ];
  return step(
    [
      'Bring these from their safe copies to the same paths, or change the paths in the config:',
      ...paths.map((path) => `- ${path}`),
    ].join('\n'),
  );
}

/** Without a config file the variables are the config. */
export function environmentAgain({ config }: Pick<RunbookFacts, 'config'>): Step[] {
  if (config.path !== null || config.variables.length === 0) return [];
  return [
    step(
      'There is no config file: these variables are the config. The password belongs into `~/.pgpass`.',
      config.variables.map(({ name, value }) => line(`export ${name}=${shellWord(value)}`)),
    ),
  ];
}

/** How a set is opened by public programs. */
function withoutHoldfast(facts: RunbookFacts): Step[] {
  return [
    step(
      'Can Holdfast not be installed at all? Public programs open every set. Fetch the newest set of each database, set these variables, and follow the appendix at the end of this plan:',
      [
        ...facts.databases.flatMap(({ plans }, index) => {
          const [plan] = plans.filter(({ isWhole }) => isWhole).concat(plans);
          const name = facts.databases[index]?.name ?? '';
          return plan === undefined ? [] : setOf(facts, { plan, name });
        }),
        ...keyVariable(facts),
      ],
    ),
  ];
}

function setOf(facts: RunbookFacts, { plan, name }: { plan: PlanFacts; name: string }): Command[] {
  const place = facts.repositories.find((one) => plan.repositories.includes(one.name));
  if (place === undefined) return [];
  const folder = `${encodeName(plan.name)}/${encodeName(name)}`;
  if (place.store.kind === 'folder') {
    const sets = shellWord(`${place.location}/${folder}`);
    return [line(`export SET="$(dirname "$(ls ${sets}/*/manifest.json | tail -n 1)")"`)];
  }
  return fetched(place, folder);
}

function fetched({ location, store }: RepositoryFacts, folder: string): Command[] {
  if (store.kind === 'folder') return [];
  const options = awsOptions(store);
  const source = `${location}/${folder}`;
  return [
    shell('aws', 's3', 'ls', `${source}/`, ...options),
    shell('aws', 's3', 'cp', '--recursive', `${source}/ID`, 'ID', ...options),
    line('export SET="$PWD/ID"'),
  ];
}

function keyVariable({ keys: { keyFile, kms, breakGlass } }: RunbookFacts): Command[] {
  if (keyFile !== null) return [line(`export KEY=${shellWord(keyFile)}`)];
  if (breakGlass !== null) return [line('export KEY=break-glass.pem')];
  return kms === null ? [] : [line(`export KEY=${shellWord(kms)}`)];
}
