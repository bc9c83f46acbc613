import { speakSeconds, speakTime } from './spoken-numbers.ts';

/** How often a run shows the server that it lives. */
export const HEARTBEAT_SECONDS = 30;

/** A run is not called dead before it has missed so many heartbeats, however short stallTimeout is. */
const MISSED = 3;

/** The session that holds the lock of a run. Servers do not tell a role about sessions of others. */
export interface StandingRun {
  pid: number;
  role: string;
  applicationName: string;
  /** Where it connected from; null through a Unix socket, or where it is not known. */
  address: string | null;
  startedAt: Date | null;
  /** How long it has sent no statement; null where that is not known. */
  silentSeconds: number | null;
  /** The server works on a statement of it, and does not wait for the client. */
  isWorking: boolean;
}

export function deadAfterSeconds(stallTimeoutSeconds: number): number {
  return Math.max(stallTimeoutSeconds, MISSED * HEARTBEAT_SECONDS);
}

/** Whether its process or its network is gone. Where the server does not say, it lives. */
export function isDead({ silentSeconds, isWorking }: StandingRun, limitSeconds: number): boolean {
  return silentSeconds !== null && silentSeconds > limitSeconds && !isWorking;
}

/** Undefined where the server does not say when it began. */
export function ageOf({ startedAt }: StandingRun, now: Date): number | undefined {
  return startedAt === null ? undefined : (now.getTime() - startedAt.getTime()) / 1000;
}

/** Such as `since 2026-11-22 02:00 UTC (session 4711 of holdfast from 10.0.0.1, holdfast 2026...)`. */
export function describeRun(run: StandingRun): string {
  const { pid, role, applicationName, address, startedAt } = run;
  const since = startedAt === null ? '' : `since ${speakTime(startedAt)} `;
  const from = address === null ? '' : ` from ${address}`;
  return `${since}(session ${pid} of ${role}${from}, ${applicationName})`;
}

export function describeDeath(run: StandingRun): string {
  return `the run ${describeRun(run)} sent nothing for ${speakSeconds(run.silentSeconds ?? 0)}: it is dead, and its sessions were ended`;
}
