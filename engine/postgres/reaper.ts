import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that outlives us by a moment: it reads what we started, and when our end of the pipe closes (also by SIGKILL) it ends
 * what is still registered and removes the directories. It sends SIGINT too: on SIGTERM alone a server waits for its sessions.
 * It runs in a session of its own, so that Ctrl-C doesn't reach it.
 */
const SCRIPT = `
trap '' INT TERM HUP
pids= dirs=
while read -r verb what; do
  case $verb in
    pid) pids="$pids $what" ;;
    dir) dirs="$dirs
$what" ;;
    gone) new=; for p in $pids; do [ "$p" = "$what" ] || new="$new $p"; done; pids=$new ;;
    removed) dirs=$(printf '%s\\n' "$dirs" | grep -vxF -- "$what") ;;
  esac
done
for p in $pids; do kill -TERM "$p" 2>/dev/null; kill -INT "$p" 2>/dev/null; done
n=0; for p in $pids; do while kill -0 "$p" 2>/dev/null && [ $n -lt 30 ]; do sleep 0.1; n=$((n+1)); done; kill -KILL "$p" 2>/dev/null; kill -KILL -- "-$p" 2>/dev/null; done
[ -z "$dirs" ] || sleep 0.3
printf '%s\\n' "$dirs" | while IFS= read -r d; do [ -z "$d" ] || rm -rf -- "$d"; done
`;

let shell: ChildProcess | undefined;

/** Ends the process if we die before it. */
export function reapProcess(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  tell(`pid ${pid}`);
  child.once('exit', () => tell(`gone ${pid}`));
}

/** Removes the directory or file if we die before `forgetFolder`. One with a line feed in its path, which would end the message, stays. */
export function reapFolder(path: string): void {
  if (!path.includes('\n')) tell(`dir ${path}`);
}

export function forgetFolder(path: string): void {
  if (!path.includes('\n')) tell(`removed ${path}`);
}

function tell(line: string): void {
  if (process.platform === 'win32') return;
  shell ??= start();
  shell.stdin?.write(`${line}\n`);
}

function start(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  });
  child.stdin?.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void })?.unref?.();
  return child;
}
