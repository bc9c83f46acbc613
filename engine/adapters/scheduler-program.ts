import { execFile } from 'node:child_process';
import { HoldfastError } from '../errors.ts';

export interface SchedulerProgramOptions {
  /** Written to its standard input. */
  input?: string;
  /** What this failure of it means to the caller; undefined where it is one. */
  meaning?: (stderr: string) => string | undefined;
  hint: string;
  /** `program` is a whole line of the shell. */
  isLine?: boolean;
}

/** Runs crontab, systemctl or schtasks, and returns what it wrote. @throws HoldfastError SCHEDULE_FAILED. */
export function runScheduler(
  program: string,
  args: readonly string[],
  options: SchedulerProgramOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      [...args],
      { maxBuffer: 1 << 26, shell: options.isLine ?? false },
      (error, stdout, stderr) => {
        const meaning = error === null ? stdout : options.meaning?.(stderr);
        if (meaning !== undefined) resolve(meaning);
        else reject(failed(program, { args, stderr, hint: options.hint, cause: error }));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

interface Failure {
  args: readonly string[];
  stderr: string;
  hint: string;
  cause: unknown;
}

function failed(program: string, { args, stderr, hint, cause }: Failure): HoldfastError {
  const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  const [said = ''] = stderr.trim().split('\n');
  return new HoldfastError({
    code: 'SCHEDULE_FAILED',
    message: isAbsent
      ? `${program} is not on this machine`
      : `${[program, ...args].join(' ')} failed${said === '' ? '' : `: ${said}`}`,
    hint,
    cause,
  });
}
