/** Calls to the operating system that did not come back in time and have not come back since. */
let hanging = 0;

/** While one hangs, so does a thread of this process, and `process.exit` would wait for it for ever. */
export function isCallHanging(): boolean {
  return hanging > 0;
}

export interface InTimeOptions {
  patienceMs: number;
  /** Made when the time is up. */
  tooLate: () => Error;
  /** Called when a call that was too late comes back after all. */
  onReturn?: () => void;
}

/** What a call gives, or the failure when it does not come back in time: a mount may have died in the kernel. */
export function inTime<T>(
  call: Promise<T>,
  { patienceMs, tooLate, onReturn }: InTimeOptions,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      hanging++;
      reject(tooLate());
    }, patienceMs);
    const settle = () => {
      clearTimeout(timer);
      if (!isLate) return;
      hanging--;
      onReturn?.();
    };
    call.then(resolve, reject).finally(settle);
  });
}
