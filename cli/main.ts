import { Command, CommanderError } from 'commander';
import { HOLDFAST_VERSION } from '../engine/contract.ts';
import { EXIT } from '../engine/domain/exit-status.ts';
import { HoldfastError } from '../engine/errors.ts';
import { acceptCommand } from './commands/accept.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand } from './commands/backup.ts';
import { checkCommand } from './commands/check.ts';
import { copyCommand } from './commands/copy.ts';
import { doctorCommand } from './commands/doctor.ts';
import { drillCommand } from './commands/drill.ts';
import { exportCommand } from './commands/export.ts';
import { holdCommand } from './commands/hold.ts';
import { initCommand } from './commands/init.ts';
import { keygenCommand } from './commands/keygen.ts';
import { listCommand } from './commands/list.ts';
import { pruneCommand } from './commands/prune.ts';
import { remoteCommand } from './commands/remote.ts';
import { reportCommand } from './commands/report.ts';
import { restoreCommand } from './commands/restore.ts';
import { runbookCommand } from './commands/runbook.ts';
import { scheduleCommand } from './commands/schedule.ts';
import { showCommand } from './commands/show.ts';
import { testChannelsCommand } from './commands/test-channels.ts';
import { unholdCommand } from './commands/unhold.ts';
import { verifyCommand } from './commands/verify.ts';
import { endProcessIfHanging } from './end-process.ts';
import { exampleText } from './examples.ts';
import { type GlobalOptions, Invocation } from './invocation.ts';
import { report, run } from './run.ts';

/** Runs the command line and sets the exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  ignoreBrokenPipe();
  const program = buildProgram();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    const command = commandIn(argv, program);
    if (!(error instanceof CommanderError))
      report(error, new Invocation(program.opts<GlobalOptions>(), command));
    else if (error.exitCode === 0) process.exitCode = EXIT.done;
    else if (error.code === 'commander.help') process.exitCode = EXIT.usage;
    else report(misused(error), new Invocation(formatAsked(argv, command), command));
  }
  endProcessIfHanging();
}

export function buildProgram(): Command {
  const program = new Command('holdfast')
    .description(
      'Backup and recovery for PostgreSQL. A backup counts only when it has been restored.',
    )
    .version(HOLDFAST_VERSION)
    .option(
      '--config <file>',
      'config file ($HOLDFAST_CONFIG, else ./holdfast.yaml, else the environment alone)',
    )
    .option('--env-file <file>', 'file of NAME=value lines: DATABASE_URL, PG* or DB_*')
    .option('--repository <name>', 'repository of the config, where there is more than one')
    .option('--json', 'one JSON document on stdout, progress as JSON lines on stderr')
    .option('--quiet', 'no progress and no notes')
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  const commands = [
    initCommand,
    keygenCommand,
    doctorCommand,
    backupCommand,
    listCommand,
    showCommand,
    verifyCommand,
    drillCommand,
    restoreCommand,
    exportCommand,
    checkCommand,
    pruneCommand,
    holdCommand,
    unholdCommand,
    acceptCommand,
    copyCommand,
    auditCommand,
    testChannelsCommand,
    runbookCommand,
    scheduleCommand,
    reportCommand,
    remoteCommand,
  ];
  for (const command of commands) program.addCommand(inherit(withExamples(command(run))));
  return withExamples(program);
}

function withExamples(command: Command): Command {
  return command.addHelpText('after', exampleText(command.name()));
}

/** The command that was meant, also where commander refused it. */
function commandIn(argv: readonly string[], { commands }: Command): string {
  const names = commands.map((command) => command.name());
  return argv.slice(2).find((word) => names.includes(word)) ?? '';
}

/**
 * The form of a refusal, from a command line that could not be parsed. A monitoring system shows
 * stdout, so it gets a status line there even where the format is what is misspelt.
 */
function formatAsked(argv: readonly string[], command: string): GlobalOptions {
  const at = argv.findIndex((word) => /^--format(=|$)/.test(word));
  const format = at < 0 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1]);
  if (command === 'check' && format !== undefined && !['text', 'json'].includes(format))
    return { format: 'nagios' };
  return { json: argv.includes('--json') || format === 'json' };
}

/** Global options may stand behind the command too, as people type them. */
function inherit(command: Command): Command {
  for (const part of command.commands) inherit(part);
  return command
    .option('--config <file>', 'config file')
    .option('--env-file <file>', 'file of NAME=value lines')
    .option('--repository <name>', 'repository of the config')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'no progress and no notes')
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
}

/** What commander refused, as an error like any other: the last line is JSON where JSON was asked for. */
function misused({ message }: CommanderError): HoldfastError {
  const [fact = '', guess] = message.replace(/^error: /, '').split('\n');
  const help =
    '`holdfast --help` shows all commands, `holdfast COMMAND --help` the options of one.';
  return new HoldfastError({
    code: 'USAGE',
    message: fact,
    hint: guess === undefined ? help : `${guess.replace(/^\(|\)$/g, '')} ${help}`,
  });
}

/** `holdfast list | head` is no failure: what nobody reads is not written. An export is told by its own stream, and fails. */
function ignoreBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
