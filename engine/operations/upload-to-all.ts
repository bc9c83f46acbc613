import type { Upload } from '../ports/repository.ts';

/** The same object on its way into several repositories. The slowest sets the pace; what fails in one fails in all. */
export function uploadToAll(uploads: readonly Upload[]): Upload {
  const each = (act: (upload: Upload) => Promise<void>) => allOrFirstFailure(uploads.map(act));
  return {
    key: uploads[0]?.key ?? '',
    write: (chunk) => each((upload) => upload.write(chunk)),
    finish: () => each((upload) => upload.finish()),
    publish: () => each((upload) => upload.publish()),
    abort: async () => (await Promise.all(uploads.map((upload) => upload.abort()))).flat(),
  };
}

/** Waits for all of them, so that nothing is still under way when the next call comes. */
async function allOrFirstFailure(tasks: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(tasks))
    if (outcome.status === 'rejected') throw outcome.reason;
}
