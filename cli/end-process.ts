import { isCallHanging } from '../engine/files/hanging-calls.ts';

/**
 * Ends the process although a call to the file system may hang in the kernel: `process.exit` waits for the thread of that
 * call. Another program in the place of this one ends all threads and gives the status. Where that is not possible, the
 * process kills itself, and its status is 137.
 */
export function endProcess(status: number): never {
  if (process.platform === 'win32') process.exit(status);
  try {
    process.execve?.('/bin/sh', ['sh', '-c', `exit ${status}`], {});
  } catch {
    // There is no shell, or this Node can not replace itself.
  }
  process.kill(process.pid, 'SIGKILL');
  return process.exit(status);
}

/** To be called when all is said: without it, a hanging call would keep the process alive. */
export function endProcessIfHanging(): void {
  if (isCallHanging()) endProcess(Number(process.exitCode ?? 0));
}
