import { Command, Option } from 'commander';
import {
  defaultScheduleKind,
  installedSchedulers,
  scheduleRequest,
  schedulerOf,
} from '../../engine/composition/schedule.ts';
import {
  type RenderedSchedule,
  SCHEDULE_KINDS,
  type ScheduleKind,
} from '../../engine/domain/rendered-schedule.ts';
import {
  installSchedule,
  planSchedule,
  uninstallSchedule,
} from '../../engine/operations/schedule.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';

interface Options {
  kind?: ScheduleKind;
  install?: true;
  uninstall?: true;
  log?: string;
}

export function scheduleCommand(run: Run): Command {
  return new Command('schedule')
    .description(
      'print, install or remove the jobs of cron, systemd timers or Windows Task Scheduler: backup, verify, prune, verify --rotate, check, audit seal, drill, report',
    )
    .addOption(
      new Option('--kind <kind>', 'systemd where it runs, schtasks on Windows, else cron').choices([
        ...SCHEDULE_KINDS,
      ]),
    )
    .option('--install', 'install the entries, and replace those of an earlier --install')
    .addOption(
      new Option('--uninstall', 'remove exactly what --install wrote').conflicts([
        'install',
        'log',
      ]),
    )
    .option(
      '--log <file>',
      'log file of the runs (default: ~/.local/state/holdfast/PROJECT.log; with systemd the journal)',
    )
    .action(
      run(async (invocation, raw) => {
        const { kind, install: isInstalled = false, uninstall = false, log } = raw as Options;
        if (uninstall) return await removeEntries(invocation, kind);
        const request = await scheduleRequest(await invocation.load(), {
          kind: kind ?? (await defaultScheduleKind(process.env)),
          logFile: log,
          envFile: invocation.options.envFile,
          env: process.env,
          cwd: process.cwd(),
          node: process.execPath,
          nodeOptions: process.execArgv,
          script: process.argv[1] ?? '',
        });
        const planned = planSchedule(request);
        if (isInstalled) await installSchedule(planned, schedulerOf(request));
        for (const note of planned.notes) invocation.printer.note(note);
        const { kind: chosen, project, entries, files, text } = planned.rendered;
        invocation.printer.result(
          { kind: chosen, project, isInstalled, entries, files, notes: planned.notes },
          () => (isInstalled ? installed(planned.rendered) : text),
        );
      }),
    );
}

/** Prints what was removed, and what stays because it is somebody else's or may still be wanted. */
async function removeEntries(invocation: Invocation, kind: ScheduleKind | undefined) {
  const loaded = await invocation.load();
  const { project } = loaded.config;
  const { env } = process;
  const { schedulers, logFile } = await installedSchedulers(loaded, { kind, env });
  const { removed, left } = await uninstallSchedule(project, schedulers);
  const kept = [...left, ...(logFile === undefined ? [] : [logFile])];
  const notes = [
    ...kept.map((path) => `left: ${path}`),
    'Backups, the config and keys stay, and so does a run that has begun. Nothing starts backups of this project any more, unless you scheduled them elsewhere.',
  ];
  for (const note of removed.length === 0 ? notes.slice(0, -1) : notes)
    invocation.printer.note(note);
  const shown = kind ?? (await defaultScheduleKind(env));
  invocation.printer.result(
    { kind: shown, project, isInstalled: false, entries: [], files: [], notes, removed },
    (plain) =>
      plain.removed.length === 0
        ? `nothing of project ${plain.project} is installed`
        : plain.removed.map((line) => `removed: ${line}`).join('\n'),
  );
}

const LOOK = {
  cron: '`crontab -l` shows them',
  systemd: "`systemctl list-timers 'holdfast.*'` shows them (`--user` for those of a user)",
  schtasks: '`schtasks /Query` shows them',
} as const;

function installed({ kind, entries }: RenderedSchedule): string {
  return [
    ...entries.map(({ name, schedule, timezone }) =>
      `${schedule}  ${timezone ?? ''}  ${name}`.replace(/ {3,}/, '  '),
    ),
    `installed; ${LOOK[kind]}`,
  ].join('\n');
}
