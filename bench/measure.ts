import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What one run of a command cost, with all processes it started. */
export interface Measurement {
  wallSeconds: number;
  cpuSeconds: number;
  /** Largest sum of the resident memory of its Node processes, sampled; 0 where there is no /proc. */
  nodePeakBytes: number;
  /** The same with the programs that it starts, without servers of its own. */
  clientPeakBytes: number;
}

const SAMPLE_MS = 25;

/** Runs a shell command and measures it; bash's `time` counts every descendant that was waited for. */
export async function measure(
  command: string,
  { env, cwd }: { env: Record<string, string>; cwd: string },
): Promise<Measurement> {
  const script = `TIMEFORMAT='measured %R %U %S'; time { ${command}; }`;
  const child = spawn('bash', ['-o', 'pipefail', '-c', script], {
    env,
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const memory = { node: 0, client: 0 };
  const timer = setInterval(() => {
    const below = processesBelow(child.pid ?? 0);
    const sum = (names: RegExp) => bytesOf(below.filter(({ name }) => names.test(name)));
    memory.node = Math.max(memory.node, sum(/^(node|MainThread)/));
    memory.client = Math.max(memory.client, sum(/^(?!postgres)/));
  }, SAMPLE_MS);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  const match = /measured ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
  if (status !== 0 || match === null)
    throw new Error(`the command failed with ${status}: ${command}\n${stderr}`);
  const [, wall, user, system] = match.map(Number) as [number, number, number, number];
  return {
    wallSeconds: wall,
    cpuSeconds: user + system,
    nodePeakBytes: memory.node,
    clientPeakBytes: memory.client,
  };
}

interface ProcessInfo {
  pid: number;
  parent: number;
  name: string;
  /** Resident memory. */
  bytes: number;
}

/** All processes that descend from `root`. */
function processesBelow(root: number): ProcessInfo[] {
  const processes = readProcesses();
  const descendants = new Set([root]);
  for (let before = 0; before !== descendants.size; ) {
    before = descendants.size;
    for (const { pid, parent } of processes) if (descendants.has(parent)) descendants.add(pid);
  }
  return processes.filter(({ pid }) => pid !== root && descendants.has(pid));
}

function bytesOf(processes: readonly ProcessInfo[]): number {
  return processes.reduce((sum, { bytes }) => sum + bytes, 0);
}

function readProcesses(): ProcessInfo[] {
  return readNumbers('/proc').flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (name: string) =>
        new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '0';
      return [
        {
          pid,
          parent: Number(field('PPid')),
          name: field('Name'),
          bytes: Number(field('VmRSS')) * 1024,
        },
      ];
    } catch {
      return [];
    }
  });
}

function readNumbers(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
