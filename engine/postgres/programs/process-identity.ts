import { readFileSync, readlinkSync } from 'node:fs';

/** What tells a process from every other one, also from a later one with the same number. */
export interface ProcessIdentity {
  /** Of the kernel, since it started. */
  boot: string;
  /** Numbers of processes mean something within it only. */
  pidNamespace: string;
  pid: number;
  /** When it started, in ticks of that kernel. */
  start: string;
}

/** Undefined where there is no such process, or the system does not say: only Linux does. */
export function processIdentity(pid = process.pid): ProcessIdentity | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const pidNamespace = readlinkSync('/proc/self/ns/pid');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program is in parentheses and may hold anything; the 20th field after it is the time.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return start === undefined ? undefined : { boot, pidNamespace, pid, start };
  } catch {
    return undefined;
  }
}

/** Whether a process of this machine and namespace is certainly gone, whatever has its number now. */
export function isGone({ pid, start }: Pick<ProcessIdentity, 'pid' | 'start'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return true;
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return false;
    throw error;
  }
  const now = processIdentity(pid);
  return now !== undefined && now.start !== start;
}
