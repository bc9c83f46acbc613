import {
  awsOptions,
  bestSet,
  type Command,
  holdfast,
  newServerUrl,
  positional,
  realName,
  restoreInPlace,
  setThen,
  shell,
  stackKey,
} from './commands.ts';
import { afterwards, lookFirst, restoreTimes, wayOfRds } from './data-scenarios.ts';
import type { DatabaseFacts, RepositoryFacts, RunbookFacts } from './facts.ts';
import { codeSpan, markdownText } from './markdown.ts';
import { type Scenario, type Step, step } from './scenario.ts';

/** The second of the guides' scenarios: the server is gone, and needs another one. */
export function hardware(facts: RunbookFacts): Scenario {
  return {
    id: 'server-lost',
    title: 'The server is lost',
    signs: 'The database server does not answer, its disk failed, or it was destroyed.',
    steps: [
      step(
        `Did Holdfast run on the lost machine (${codeSpan(facts.host)}) too? Then begin with "Holdfast is gone".`,
      ),
      ...wayOfRds(facts),
      serversNeeded(facts),
      lookFirst(facts),
      ...ontoNewServer(facts),
      passwordsOfRoles(facts),
      step(
        `Point the application (DNS, connection strings) to the new server. Then change the addresses in ${ofConfig(facts)}, and try them:`,
        facts.databases.map(({ name }) => holdfast(facts, 'doctor', ...positional(name))),
      ),
      afterwards(facts),
    ],
  };
}

/** The third: somebody encrypted what they could reach. */
export function ransomware(facts: RunbookFacts): Scenario {
  return {
    id: 'ransomware',
    title: 'Ransomware',
    signs: 'Files are encrypted, there is a note that demands money, or backups vanish.',
    steps: [
      step(
        'Isolate: take the network from every machine that may be infected, and leave them switched on for whoever investigates. Do not pay. Do not log in with an administrator account on an infected machine.',
      ),
      step(
        `Assume that the attacker has what lies on ${codeSpan(facts.host)}: passwords, keys, cloud credentials. From a clean machine, revoke those credentials and change those passwords.`,
      ),
      step(
        `Work from a clean machine only: install Holdfast there and bring config and keys from their safe copies ("Holdfast is gone", steps 1 to 4).`,
      ),
      whatSurvives(facts),
      step(
        'See what is there, in each repository by itself. Write down the newest set from before the intrusion; attackers often wait for weeks.',
        facts.repositories.map(({ name }) =>
          holdfast(facts, '--repository', name, 'list', ...onlyDatabase(facts)),
        ),
      ),
      step(
        'Read that set back whole, with its id in place of `ID`. A set that was changed is refused: its seal and checksums no longer fit.',
        [
          ...stackKey(facts),
          ...facts.repositories.map(({ name }) =>
            holdfast(facts, '--repository', name, 'verify', 'ID'),
          ),
        ],
      ),
      step('Keep it, whatever retention says:', [
        holdfast(facts, 'hold', 'ID', '--reason', 'ransomware'),
      ]),
      ...hiddenVersions(facts),
      step(
        'Restore it onto a new, clean server (never onto an infected one):',
        facts.databases.map((database) => toNewServer(facts, database, { set: 'ID' })),
      ),
      passwordsOfRoles(facts),
      step(
        'Before the application goes online: close the way in, scan the restored data for what the attacker left (new users, changed functions and triggers), change every password and key, and make a new break-glass pair (`holdfast keygen --break-glass`).',
      ),
      step(
        'Report it to the police and to your insurer. If health data was reached, the HIPAA breach notification rule (45 CFR 164.400 to 164.414) sets deadlines: at most 60 days after discovery, and to the HHS and the media too where 500 people or more are concerned. Call the person named for compliance above now.',
      ),
    ],
  };
}

/** Commands for a server that no config names yet. */
export function ontoNewServer(facts: RunbookFacts): Step[] {
  const inStack = facts.databases.filter(({ isInStack }) => isInStack);
  return [
    step(
      "Put the new server's name in place of `NEWHOST`, and the password of its administrator into `~/.pgpass` (mode 600). Try it, which changes nothing, then restore. `--roles` makes the roles that are missing, without passwords. " +
        restoreTimes(facts),
      [
        ...stackKey(facts),
        ...facts.databases.flatMap((database) => [
          toNewServer(facts, database, { more: ['--dry-run'] }),
          toNewServer(facts, database),
        ]),
      ],
    ),
    ...(inStack.length === 0
      ? []
      : [
          step(
            `Can this machine not reach the new server? Let a task of the stack restore: put the new address into the secrets of the databases (and of \`restoreAs\`), change ${ofConfig(facts)}, deploy (\`npx cdk deploy --all\`), and run:`,
            inStack.map((database) =>
              restoreInPlace(facts, database, { words: ['--create', '--roles'] }),
            ),
          ),
        ]),
  ];
}

interface NewServerOptions {
  set?: string;
  more?: readonly string[];
  /** Options of `holdfast` before the command. */
  before?: readonly string[];
}

export function toNewServer(
  facts: RunbookFacts,
  database: DatabaseFacts,
  { set = bestSet(database), more = [], before = [] }: NewServerOptions = {},
): Command {
  const to = ['--to', newServerUrl(database), '--create', '--roles', ...more];
  return holdfast(facts, ...before, 'restore', ...setThen(set, to));
}

/** Passwords are in no backup. */
function passwordsOfRoles({ databases }: RunbookFacts): Step {
  return step(
    'Give the roles their passwords: no backup holds any. In `psql`, `\\du` lists the roles, and `\\password ROLE` sets one.',
    databases.map((database) =>
      shell(
        'psql',
        '-h',
        'NEWHOST',
        ...portOf(database),
        '-U',
        'postgres',
        '-d',
        realName(database),
      ),
    ),
  );
}

function portOf({ port }: DatabaseFacts): string[] {
  return port === null || port === 5432 ? [] : ['-p', String(port)];
}

function serversNeeded({ databases }: RunbookFacts): Step {
  const lines = databases.map(({ name, measured: { newest } }) => {
    if (newest === null) return `${codeSpan(name)}: not known yet, no backup was seen`;
    const { serverVersion, extensions, sourceBytes } = newest;
    const named = extensions.filter((extension) => extension !== 'plpgsql');
    const which = named.length === 0 ? 'no extensions' : named.map(codeSpan).join(', ');
    return `${codeSpan(name)}: PostgreSQL ${markdownText(serverVersion)}, ${which}; ${(sourceBytes / 1e9).toFixed(1)} GB on the old server, plan twice that`;
  });
  const lead =
    'Get a new server with PostgreSQL of the same major version or a newer one, and install the packages of these extensions on it before you restore:';
  return step([lead, ...lines.map((text) => `- ${text}`)].join('\n'));
}

/** Which repositories an attacker with this machine could have reached. */
function whatSurvives({ repositories, stack }: RunbookFacts): Step {
  const lines = repositories.map((repository) => `- ${survival(repository, stack)}`);
  return step(['Where clean backups may be:', ...lines].join('\n'));
}

function survival({ name, location, store }: RepositoryFacts, stack: RunbookFacts['stack']) {
  const place = `${codeSpan(name)} (${codeSpan(location)})`;
  if (store.kind === 'folder')
    return `${place} is a folder. Whoever was root on a machine that mounts it could change or delete everything in it, unless the disk was unplugged.`;
  if (stack?.vault === name)
    return `${place} is the vault. Its versions are locked: nobody but the break-glass role could remove one, and in compliance mode nobody at all.${stack.replica === null ? '' : ` A copy is in ${codeSpan(stack.replica.bucket)}, ${stack.replica.region}.`}`;
  return `${place} is a bucket. If it has versions and Object Lock, deleted and overwritten sets are still there; otherwise credentials from this machine could have deleted them.`;
}

/** A delete marker only hides an object. */
function hiddenVersions(facts: RunbookFacts): Step[] {
  const buckets = facts.repositories.flatMap(({ store }) =>
    store.kind === 'bucket' ? [store] : [],
  );
  if (buckets.length === 0) return [];
  return [
    step(
      'Sets are missing in a bucket? Look for versions that were only hidden by a delete marker. `aws s3api delete-object` with `--key` and the `--version-id` of the *marker* brings an object back; never give it the id of any other version.',
      buckets.map((store) =>
        shell(
          'aws',
          's3api',
          'list-object-versions',
          ...['--bucket', store.bucket],
          ...(store.prefix === null ? [] : ['--prefix', `${store.prefix}/`]),
          ...awsOptions(store),
          ...['--query', 'DeleteMarkers[].[Key,VersionId,LastModified]', '--output', 'table'],
        ),
      ),
    ),
  ];
}

function onlyDatabase({ databases }: RunbookFacts): string[] {
  const [only] = databases;
  return databases.length === 1 && only !== undefined ? positional(only.name) : [];
}

/** The config, for a sentence. */
export function ofConfig({ config }: RunbookFacts): string {
  if (config.path !== null) return codeSpan(config.path);
  return config.envFile === null ? '`DATABASE_URL`' : codeSpan(config.envFile);
}
