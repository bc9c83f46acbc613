import { access, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Crontab } from '../adapters/crontab.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { SystemdTimers } from '../adapters/systemd-timers.ts';
import { TaskScheduler } from '../adapters/task-scheduler.ts';
import type { Environment } from '../config/from-environment.ts';
import { missingVariables } from '../config/needed-variables.ts';
import { ENV } from '../contract.ts';
import { encodeName } from '../domain/key.ts';
import type { ScheduleKind, Surroundings } from '../domain/rendered-schedule.ts';
import type { Machine, ScheduleRequest } from '../operations/schedule.ts';
import type { Scheduler } from '../ports/scheduler.ts';
import { homeDirectory } from '../postgres/connection/local-account.ts';
import { findToolsets } from '../postgres/tools.ts';
import { type LoadedConfig, readEnvFile } from './load-config.ts';

export interface ScheduleOptions {
  kind: ScheduleKind;
  /** --log */
  logFile?: string | undefined;
  /** --env-file */
  envFile?: string | undefined;
  /** The environment of the person who asks. */
  env: Environment;
  cwd: string;
  /** Node, its options, and the program as Node was told it. */
  node: string;
  nodeOptions: readonly string[];
  script: string;
}

/** All that the entries of this machine depend on. */
export async function scheduleRequest(
  loaded: LoadedConfig,
  options: ScheduleOptions,
): Promise<ScheduleRequest> {
  const machine = await describeMachine(loaded.config.project, options.env);
  const brought =
    options.envFile === undefined ? {} : await readEnvFile(resolve(options.cwd, options.envFile));
  const variables = await toolVariables(loaded, brought);
  const missing = missingVariables(loaded.config, {
    ambient: options.env,
    brought,
    isFromEnvironment: loaded.path === undefined,
  });
  return {
    kind: options.kind,
    config: loaded.config,
    surroundings: { ...(await surroundings(loaded, options)), variables },
    machine,
    missing,
    now: systemClock.now(),
  };
}

/** The scheduler that takes the entries. */
export function schedulerOf({
  kind,
  surroundings: { logFile },
  machine,
}: ScheduleRequest): Scheduler {
  if (kind === 'cron') return new Crontab({ logFile: logFile ?? machine.defaultLog });
  return kind === 'systemd'
    ? new SystemdTimers(machine.units)
    : new TaskScheduler({ folder: machine.taskFolder });
}

/** Everything that may have entries of this project, for an uninstallation; or only the named kind. */
export async function installedSchedulers(
  { config: { project } }: LoadedConfig,
  { kind, env }: { kind: ScheduleKind | undefined; env: Environment },
): Promise<{ schedulers: Scheduler[]; logFile: string | undefined }> {
  const machine = await describeMachine(project, env);
  const [logFile, programs] = [machine.defaultLog, (env.PATH ?? '').split(':')];
  const found = await Promise.all(programs.map((folder) => isThere(join(folder, 'crontab'))));
  const all: [ScheduleKind, Scheduler, boolean][] = [
    ['cron', new Crontab({ logFile }), found.includes(true)],
    ['systemd', new SystemdTimers(machine.units), process.platform === 'linux'],
    ['schtasks', new TaskScheduler({ folder: machine.taskFolder }), process.platform === 'win32'],
  ];
  return {
    schedulers: all
      .filter(([name, , isHere]) => (kind === undefined ? isHere : name === kind))
      .map(([, scheduler]) => scheduler),
    logFile: (await isThere(logFile)) ? logFile : undefined,
  };
}

/** systemd where it runs, schtasks on Windows, else cron. */
export async function defaultScheduleKind({ PATH = '' }: Environment): Promise<ScheduleKind> {
  if (process.platform === 'win32') return 'schtasks';
  const programs = PATH.split(':').map((folder) => join(folder, 'systemctl'));
  const [runs, ...found] = await Promise.all(['/run/systemd/system', ...programs].map(isThere));
  return runs && found.includes(true) ? 'systemd' : 'cron';
}

async function surroundings(
  loaded: LoadedConfig,
  options: ScheduleOptions,
): Promise<Omit<Surroundings, 'variables'>> {
  const { logFile, envFile, cwd } = options;
  return {
    project: loaded.config.project,
    program: await programOf(options),
    options: [
      ...(loaded.path === undefined ? [] : ['--config', loaded.path]),
      ...(envFile === undefined ? [] : ['--env-file', resolve(cwd, envFile)]),
    ],
    directory: loaded.path === undefined ? cwd : undefined,
    logFile: logFile === undefined ? undefined : resolve(cwd, logFile),
  };
}

/** The packed program is started by its launcher, which lies beside it and knows the options of Node that it wants. */
async function programOf({ node, nodeOptions, script, cwd }: ScheduleOptions): Promise<string[]> {
  const program = await realpath(resolve(cwd, script));
  const launcher = join(dirname(program), 'launcher.js');
  const isPacked = basename(program) === 'holdfast.js' && (await isThere(launcher));
  return isPacked ? [node, '--', launcher] : [node, ...nodeOptions, '--', program];
}

/** PostgreSQL's programs that are found only by the environment of the person who asks. */
async function toolVariables(
  { config, env }: LoadedConfig,
  brought: Environment,
): Promise<Record<string, string>> {
  const configured = config.postgresBin;
  const found = await findToolsets({ env, configured });
  const foundLater = await findToolsets({ env: { PATH: '/usr/bin:/bin', ...brought }, configured });
  const directories = found.map(({ directory }) => directory);
  const isSame = directories.every((directory) =>
    foundLater.some((later) => later.directory === directory),
  );
  return isSame ? {} : { [ENV.postgresBin]: directories.join(':') };
}

async function describeMachine(project: string, env: Environment): Promise<Machine> {
  const state = join(homeDirectory(), '.local/state/holdfast');
  const isUser = process.getuid?.() !== 0;
  const ownUnits = join(env.XDG_CONFIG_HOME || join(homeDirectory(), '.config'), 'systemd/user');
  return {
    zone: await machineZone(),
    units: { folder: isUser ? ownUnits : '/etc/systemd/system', isUser },
    taskFolder: [
      env.LOCALAPPDATA ?? 'C:\\ProgramData',
      'Holdfast',
      encodeName(project).replaceAll('%', '='),
    ].join('\\'),
    defaultLog: join(state, `${encodeName(project)}.log`),
  };
}

/** The zone that daemons go by; TZ is only of the person who asks. */
async function machineZone(): Promise<string> {
  const target = await readlink('/etc/localtime').catch(() => '');
  const [, zone] = target.split('/zoneinfo/');
  return zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
