import { Command, Option } from 'commander';
import {
  defaultScheduleKind,
  scheduleRequest,
  schedulerOf,
} from '../../engine/composition/schedule.ts';
import {
  type RenderedSchedule,
  SCHEDULE_KINDS,
  type ScheduleKind,
} from '../../engine/domain/rendered-schedule.ts';
import { installSchedule, planSchedule } from '../../engine/operations/schedule.ts';
import type { Run } from '../run.ts';

interface Options {
  kind?: ScheduleKind;
  install?: true;
  log?: string;
}

export function scheduleCommand(run: Run): Command {
  return new Command('schedule')
    .description(
      'print or install the jobs of cron, systemd timers or Windows Task Scheduler: backup, verify, prune, check, drill',
    )
    .addOption(
      new Option('--kind <kind>', 'systemd where it runs, schtasks on Windows, else cron').choices([
        ...SCHEDULE_KINDS,
      ]),
    )
    .option('--install', 'install the entries, and replace those of an earlier --install')
    .option(
      '--log <file>',
      'log file of the runs (default: ~/.local/state/holdfast/PROJECT.log; with systemd the journal)',
    )
    .action(
      run(async (invocation, raw) => {
        const { kind, install: isInstalled = false, log } = raw as Options;
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
